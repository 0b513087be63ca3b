package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.core.bits.Log2;

/**
 * How a part reads descriptors where the architecture leaves it a choice, and where its bus differs from its addresses.
 * Immutable.
 *
 * @param inputBits width of addresses, 32 to 34
 * @param outputBits width of physical addresses, 32 to 40
 * @param extension where bits of physical addresses above 31 come from
 * @param tables whether such bits exist in table descriptors, too ({@link Extension#MEDIATEK} only)
 * @param pxn whether PXN exists; without it a level-1 descriptor that ends in 11 is reserved
 * @param supersections whether supersections exist
 * @param remap what the bus makes of physical addresses
 * @param nonSecureFetch whether instructions may come from memory that a descriptor says is non-secure
 */
record DescriptorFormat(
        int inputBits,
        int outputBits,
        Extension extension,
        boolean tables,
        boolean pxn,
        boolean supersections,
        Remap remap,
        boolean nonSecureFetch) {

    /** Where bits of physical addresses above 31 come from. */
    enum Extension {
        /** Supersections have bits 39:32; nothing else has more than 32 bits (Arm DDI 0406C B3.5.1). */
        ARM,
        /** Bits 9, 4 and 5 of every leaf are bits 32, 33 and 34; there are no permissions and no domains. */
        MEDIATEK
    }

    /** What the bus makes of physical addresses. */
    enum Remap {
        /** Nothing. */
        NONE,
        /** MediaTek's 4 GiB mode: 0x1_4000_0000 and above are the memory that others see 4 GiB lower. */
        FOUR_GIGABYTES
    }

    private static final long REMAPPED_FROM = 0x1_4000_0000L;
    private static final long FOUR_GIGABYTES = 1L << 32;

    boolean isMediatek() {
        return extension == Extension.MEDIATEK;
    }

    /** Bits 34:32 as MediaTek's leaves have them, as far as the part has them. */
    long leafHigh(int raw) {
        if (extension != Extension.MEDIATEK) {
            return 0;
        }
        long high = (raw >>> 9 & 1L) << 32 | (raw >>> 4 & 1L) << 33 | (raw >>> 5 & 1L) << 34;
        return high & Log2.mask(outputBits);
    }

    /** The same for a table descriptor. */
    long tableHigh(int raw) {
        return tables ? leafHigh(raw) : 0;
    }

    /** Bits 39:32 of an architectural supersection, as far as the part has them. */
    long supersectionHigh(int raw) {
        if (extension == Extension.MEDIATEK) {
            return leafHigh(raw);
        }
        long high = (raw >>> 20 & 15L) << 32 | (raw >>> 5 & 15L) << 36;
        return high & Log2.mask(outputBits);
    }

    /** Where an address of the part's is in the machine's memory. */
    long bus(long address) {
        return remap == Remap.FOUR_GIGABYTES && address >= REMAPPED_FROM ? address - FOUR_GIGABYTES : address;
    }
}
