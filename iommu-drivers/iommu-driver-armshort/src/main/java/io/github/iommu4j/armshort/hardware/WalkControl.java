package io.github.iommu4j.armshort.hardware;

/**
 * Everything a translation looks at in the registers, as it is at one moment. Immutable.
 *
 * @param format how descriptors are read
 * @param bases the tables
 * @param asid the current address space
 * @param on whether anything is translated (SCTLR.M)
 * @param accessFlag whether AP[0] is the access flag (SCTLR.AFE)
 * @param bigEndian whether descriptors are (SCTLR.EE)
 * @param permissions what AP, XN and PXN give
 * @param types what TEX, C, B and S give
 * @param dacr what the domains give
 * @param outputs the physical addresses that may come out
 */
record WalkControl(
        DescriptorFormat format,
        TableBases bases,
        int asid,
        boolean on,
        boolean accessFlag,
        boolean bigEndian,
        Permissions permissions,
        MemoryTypes types,
        int dacr,
        OutputRange outputs) {

    /**
     * Physical addresses that may come out, in gigabytes.
     *
     * @param first the first
     * @param last the last, inclusive
     */
    record OutputRange(int first, int last) {

        static final OutputRange EVERYTHING = new OutputRange(0, Integer.MAX_VALUE);

        private static final int GIGABYTE_LG2 = 30;

        boolean contains(long pa) {
            long gigabyte = pa >>> GIGABYTE_LG2;
            return gigabyte >= first && gigabyte <= last;
        }
    }
}
