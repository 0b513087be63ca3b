package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import java.util.List;

/**
 * A remapping unit as firmware describes it (DRHD, Intel VT-d §8.3). Immutable.
 *
 * @param name such as {@code dmar0}
 * @param segment PCI segment
 * @param registers its registers
 * @param coverage whether it has all devices of the segment that no other unit names
 * @param scopes the devices it has
 */
public record DmarUnit(String name, int segment, MmioRegion registers, Coverage coverage, List<DeviceScope> scopes) {

    /** Which devices a unit has. */
    public enum Coverage {
        /** Those it names. */
        NAMED,
        /** Those it names and all that nobody else does (INCLUDE_PCI_ALL). */
        ALL_OTHERS
    }

    /** Copies the list. */
    public DmarUnit {
        scopes = List.copyOf(scopes);
    }

    /**
     * The only unit of segment 0.
     *
     * @param name its name
     * @param registers its registers
     * @return a unit that has every device
     */
    public static DmarUnit ofEverything(String name, MmioRegion registers) {
        return new DmarUnit(name, 0, registers, Coverage.ALL_OTHERS, List.of());
    }
}
