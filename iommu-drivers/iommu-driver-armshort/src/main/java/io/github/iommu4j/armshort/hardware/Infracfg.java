package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.InfracfgLayout;

/** The part of the infrastructure block that an M4U depends on: whether the machine is in 4 GiB mode. Immutable. */
public final class Infracfg {

    /** How much memory the machine has where everybody can see it. */
    public enum MemoryMode {
        /** Up to 3 GiB, at 0x4000_0000. */
        ORDINARY,
        /**
         * 4 GiB: the M4U sees the memory at 0x4000_0000 to 0xFFFF_FFFF 4 GiB higher, so that it joins up with the last
         * gigabyte at 0x1_0000_0000.
         */
        FOUR_GIGABYTES
    }

    private final MemoryMode mode;
    private final MmioRegion registers = new WordWindow(InfracfgLayout.WINDOW) {
        @Override
        int load(int offset) {
            boolean on = mode == MemoryMode.FOUR_GIGABYTES;
            return offset == InfracfgLayout.INFRA_MISC ? (int) InfracfgLayout.DDR_4GB_SUPPORT_EN.of(on ? 1 : 0) : 0;
        }

        @Override
        void store(int offset, int value) {
            // The boot loader has decided.
        }
    };

    /**
     * The block of a machine.
     *
     * @param mode how much memory there is
     */
    public Infracfg(MemoryMode mode) {
        this.mode = mode;
    }

    /**
     * The register window.
     *
     * @return the same region on every call
     */
    public MmioRegion registers() {
        return registers;
    }

    /**
     * How much memory there is.
     *
     * @return the mode
     */
    public MemoryMode mode() {
        return mode;
    }
}
