package io.github.iommu4j.armshort.layout;

import java.util.Optional;

/**
 * The registers of a second-generation M4U, 32 bits each, as Linux 4.6 to 6.1 use them. MediaTek publishes no manual;
 * offsets a kernel never names do not exist here.
 */
public enum M4uRegister {
    /** The level-1 table: base, and its bits 34:32 in bits 2:0 where tables may lie above 4 GiB. */
    PT_BASE_ADDR(0x000, RegisterAccess.RW),
    /** Starts an invalidation: {@link M4uFields.Invalidate}. */
    INVALIDATE(0x020, RegisterAccess.WO),
    /** First address of a range invalidation, as {@link InvalidationAddress} packs it. */
    INVLD_START_A(0x024, RegisterAccess.RW),
    /** Last address of a range invalidation, inclusive, as {@link InvalidationAddress} packs it. */
    INVLD_END_A(0x028, RegisterAccess.RW),
    /** Which translation caches an invalidation reaches, on parts with {@link InvSelPosition#AT_02C}. */
    INV_SEL_GEN2(0x02C, RegisterAccess.RW),
    /** Which translation caches an invalidation reaches, on parts with {@link InvSelPosition#AT_038}. */
    INV_SEL_GEN1(0x038, RegisterAccess.RW),
    /** Bus behaviour: {@link M4uFields.MiscCtrl}. Older names: STANDARD_AXI_MODE. */
    MISC_CTRL(0x048, RegisterAccess.RW),
    /** Clock gating: {@link M4uFields.DcmDis}. */
    DCM_DIS(0x050, RegisterAccess.RW),
    /** Write throttling: {@link M4uFields.WrLenCtrl}. */
    WR_LEN_CTRL(0x054, RegisterAccess.RW),
    /** What happens to an access that faults: {@link TranslationControl}. */
    CTRL_REG(0x110, RegisterAccess.RW),
    /** Where an access that faults is sent, as {@link IvrpForm} packs it. */
    IVRP_PADDR(0x114, RegisterAccess.RW),
    /** Physical addresses that may be the result of a translation: {@link M4uFields.VldPaRng}. */
    VLD_PA_RNG(0x118, RegisterAccess.RW),
    /** Enables of the shared walker's interrupts, and the clear bit: {@link M4uFields.IntControl0}. */
    INT_CONTROL0(0x120, RegisterAccess.RW),
    /** Enables of both engines' interrupts, bits as in {@link #FAULT_ST1}. */
    INT_MAIN_CONTROL(0x124, RegisterAccess.RW),
    /** Bit 0: a range invalidation has finished; stays until software writes 0. */
    CPE_DONE(0x12C, RegisterAccess.RW),
    /** Faults of the shared walker, bits as in {@link M4uFields.IntControl0}. */
    L2_FAULT_ST(0x130, RegisterAccess.RO),
    /** Pending faults of both engines: {@link M4uFault#bit(int)}. */
    FAULT_ST1(0x134, RegisterAccess.RO),
    /** The address an access of engine 0 faulted at: {@link M4uFields.FaultVa}. */
    MMU0_FAULT_VA(0x13C, RegisterAccess.RO),
    /** Bits 31:0 of the physical address of a fault of engine 0. */
    MMU0_INVLD_PA(0x140, RegisterAccess.RO),
    /** As {@link #MMU0_FAULT_VA}, for engine 1. */
    MMU1_FAULT_VA(0x144, RegisterAccess.RO),
    /** As {@link #MMU0_INVLD_PA}, for engine 1. */
    MMU1_INVLD_PA(0x148, RegisterAccess.RO),
    /** Which larb and port made an access of engine 0 that faulted, as {@link InterruptIdLayout} packs it. */
    MMU0_INT_ID(0x150, RegisterAccess.RO),
    /** As {@link #MMU0_INT_ID}, for engine 1. */
    MMU1_INT_ID(0x154, RegisterAccess.RO);

    /** Bytes of the window: one bank. */
    public static final long WINDOW = 0x1000;

    private static final M4uRegister[] BY_WORD = new M4uRegister[(int) WINDOW / 4];

    static {
        for (M4uRegister register : values()) {
            BY_WORD[register.offset / 4] = register;
        }
    }

    private final int offset;
    private final RegisterAccess access;

    M4uRegister(int offset, RegisterAccess access) {
        this.offset = offset;
        this.access = access;
    }

    /**
     * Where the register stands.
     *
     * @return bytes from the start of the bank, a multiple of 4
     */
    public int offset() {
        return offset;
    }

    /**
     * What software may do with it.
     *
     * @return the access type
     */
    public RegisterAccess access() {
        return access;
    }

    /**
     * The register at an offset.
     *
     * @param offset bytes from the start of the bank
     * @return the register; empty when the offset is not a multiple of 4 or nothing stands there
     */
    public static Optional<M4uRegister> at(long offset) {
        boolean inside = offset >= 0 && offset < WINDOW && (offset & 3) == 0;
        return inside ? Optional.ofNullable(BY_WORD[(int) offset / 4]) : Optional.empty();
    }

    /**
     * FAULT_VA of an engine.
     *
     * @param engine 0 or 1
     * @return {@link #MMU0_FAULT_VA} or {@link #MMU1_FAULT_VA}
     */
    public static M4uRegister faultVa(int engine) {
        return engine == 0 ? MMU0_FAULT_VA : MMU1_FAULT_VA;
    }

    /**
     * INVLD_PA of an engine.
     *
     * @param engine 0 or 1
     * @return {@link #MMU0_INVLD_PA} or {@link #MMU1_INVLD_PA}
     */
    public static M4uRegister invldPa(int engine) {
        return engine == 0 ? MMU0_INVLD_PA : MMU1_INVLD_PA;
    }

    /**
     * INT_ID of an engine.
     *
     * @param engine 0 or 1
     * @return {@link #MMU0_INT_ID} or {@link #MMU1_INT_ID}
     */
    public static M4uRegister intId(int engine) {
        return engine == 0 ? MMU0_INT_ID : MMU1_INT_ID;
    }
}
