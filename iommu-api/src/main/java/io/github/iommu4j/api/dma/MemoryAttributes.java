package io.github.iommu4j.api.dma;

/**
 * Memory type and shareability of a translated access. Immutable.
 *
 * @param type the type as one byte of the Arm MAIR encoding: 0x00 Device-nGnRnE, 0x04 Device-nGnRE, 0x08 Device-nGRE,
 *     0x0C Device-GRE, otherwise Normal with the outer attributes in bits 7:4 and the inner ones in bits 3:0 (Arm ARM,
 *     MAIR_ELx)
 * @param shareability who observes the access coherently; Device and non-cacheable accesses are always {@link
 *     Shareability#OUTER}
 */
public record MemoryAttributes(int type, Shareability shareability) {

    /**
     * Whether the type is a Device type.
     *
     * @return {@code true} for any of the four Device types
     */
    public boolean isDevice() {
        return (type & 0xF0) == 0;
    }

    @Override
    public String toString() {
        return "type=0x" + Integer.toHexString(type) + " " + shareability;
    }
}
