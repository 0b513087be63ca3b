package io.github.iommu4j.vtd.driver;

import java.util.List;

/**
 * Memory that firmware wants mapped 1:1 for devices (RMRR, Intel VT-d §8.4). Immutable.
 *
 * @param segment PCI segment
 * @param base first address, 4 KiB aligned
 * @param limit last address, inclusive
 * @param scopes for whom
 */
public record ReservedMemory(int segment, long base, long limit, List<DeviceScope> scopes) {

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException when the range is not of whole pages, or empty
     */
    public ReservedMemory {
        scopes = List.copyOf(scopes);
        if (((base | limit + 1) & 0xFFF) != 0 || Long.compareUnsigned(limit, base) <= 0) {
            throw new IllegalArgumentException(
                    String.format("reserved memory 0x%x to 0x%x is not of whole pages", base, limit));
        }
    }
}
