package io.github.iommu4j.core.pagetable.arm;

/** What the hardware's registers must hold for a table of long descriptors. */
public sealed interface LpaeRegisters {

    /**
     * For stage 1. TCR is given by its fields, because where they lie differs between CPUs and IOMMUs.
     *
     * @param ttbr TTBR0 or TTBR1: the root's address
     * @param mair MAIR: attributes 0 non-cacheable, 1 write-back, 2 device, 3 inner non-cacheable outer write-back. The
     *     unused attributes 4 to 7 are all ones, as the kernel leaves them
     * @param tcr the fields of TCR
     */
    record Stage1(long ttbr, long mair, Tcr tcr) implements LpaeRegisters {}

    /**
     * For stage 2.
     *
     * @param vttbr VTTBR: the root's address
     * @param vtcr the fields of VTCR
     * @param sl VTCR.SL0: where the walk starts
     */
    record Stage2(long vttbr, Tcr vtcr, int sl) implements LpaeRegisters {}

    /**
     * For Mali.
     *
     * @param transtab AS_TRANSTAB: the root's address and how it is read
     * @param memattr AS_MEMATTR
     */
    record Mali(long transtab, long memattr) implements LpaeRegisters {}

    /**
     * Fields that TCR and VTCR have in common.
     *
     * @param ps IPS or PS: coded width of output addresses
     * @param tg TG0, or TG1 for {@link ArmTableQuirk#TTBR1}: coded granule
     * @param sh SH0: shareability of walks
     * @param orgn ORGN0: outer cacheability of walks
     * @param irgn IRGN0: inner cacheability of walks
     * @param tsz T0SZ: 64 less the width of input addresses
     */
    record Tcr(int ps, int tg, int sh, int orgn, int irgn, int tsz) {}
}
