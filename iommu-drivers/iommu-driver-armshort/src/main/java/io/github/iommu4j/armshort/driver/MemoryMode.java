package io.github.iommu4j.armshort.driver;

/** Whether the machine is in 4 GiB mode, as the infrastructure block says. */
enum MemoryMode {
    /** Everybody sees memory at the same addresses. */
    ORDINARY,
    /**
     * The M4U sees memory from 0x4000_0000 on 4 GiB higher: what is mapped gets bit 32, and what is looked up and lies at
     * 0x1_4000_0000 or above loses it again.
     */
    FOUR_GIGABYTES;

    private static final long BIT_32 = 1L << 32;
    private static final long REMAPPED_FROM = 0x1_4000_0000L;

    /** An address as descriptors must hold it. */
    long toM4u(long pa) {
        return this == FOUR_GIGABYTES ? pa | BIT_32 : pa;
    }

    /** An address of a descriptor as the CPU sees it. */
    long toCpu(long pa) {
        return this == FOUR_GIGABYTES && pa >= REMAPPED_FROM ? pa & ~BIT_32 : pa;
    }
}
