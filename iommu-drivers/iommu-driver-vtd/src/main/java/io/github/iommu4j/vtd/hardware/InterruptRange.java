package io.github.iommu4j.vtd.hardware;

/**
 * Pages over the addresses of interrupts, FEE0_0000h to FEEF_FFFFh (Intel VT-d §3.14, §3.15); for one address see {@link
 * io.github.iommu4j.vtd.layout.InterruptMessage#isInterrupt}.
 */
final class InterruptRange {

    private static final long FIRST = 0xFEE0_0000L;
    private static final long LAST = 0xFEEF_FFFFL;

    private InterruptRange() {}

    /** Whether any byte of a page is in the range. */
    static boolean overlaps(long page, int sizeLg2) {
        return page <= LAST && (page | (1L << sizeLg2) - 1) >= FIRST;
    }
}
