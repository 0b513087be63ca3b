package io.github.iommu4j.armshort.layout;

/** How IVRP_PADDR holds the address that faulting accesses are sent to. */
public enum IvrpForm {
    /**
     * The address shifted right by one, with its bit 32 in bit 31: mt8173, mt6795, mt8167. Bit 32 is set in 4 GiB mode,
     * where the part sees all memory above 4 GiB.
     */
    HALVED {
        @Override
        public int pack(long address) {
            return (int) (address >>> 1);
        }

        @Override
        public long address(int raw) {
            return (raw & 0xFFFF_FFFFL) << 1;
        }
    },
    /** Bits 31:8 in place and bits 34:32 in bits 2:0: all other parts. */
    FOLDED {
        @Override
        public int pack(long address) {
            return (int) (address | address >>> 32);
        }

        @Override
        public long address(int raw) {
            return raw & 0xFFFF_FF00L | (raw & 7L) << 32;
        }
    };

    private static final int HALVED_SIZE = 128;
    private static final int FOLDED_SIZE = 256;

    /**
     * Packs an address.
     *
     * @param address physical byte address as the part sees it, up to 33 bits for {@link #HALVED} and 35 for {@link
     *     #FOLDED}, a multiple of {@link #size()}
     * @return the register's value
     */
    public abstract int pack(long address);

    /**
     * The address a register's value names.
     *
     * @param raw the register's value
     * @return physical byte address as the part sees it
     */
    public abstract long address(int raw);

    /**
     * How much memory the address names, and what it is a multiple of.
     *
     * @return bytes: 128 for {@link #HALVED}, 256 for {@link #FOLDED}
     */
    public int size() {
        return this == HALVED ? HALVED_SIZE : FOLDED_SIZE;
    }
}
