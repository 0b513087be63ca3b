package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.armshort.layout.DomainAccess;
import io.github.iommu4j.armshort.layout.M4uFault;
import io.github.iommu4j.armshort.layout.M4uFields.IntControl0;
import io.github.iommu4j.armshort.layout.M4uFields.MiscCtrl;
import io.github.iommu4j.armshort.layout.M4uFields.PtBase;
import io.github.iommu4j.armshort.layout.M4uFields.VldPaRng;
import io.github.iommu4j.armshort.layout.M4uFields.WrLenCtrl;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.TranslationControl;

/**
 * The values of an M4U's registers, and what they mean for translation. Not thread-safe: guarded by the {@link
 * Translator}'s monitor.
 *
 * <p>Reset values are not known. Those that are not zero here are what drivers need: bits that some of them clear are set
 * and WR_LEN_CTRL has more bits than those, because Linux takes a saved zero for "never saved".
 */
final class M4uRegisterFile {

    private static final int MISC_CTRL_RESET = (int) (MiscCtrl.IN_ORDER_WRITE_0.mask()
            | MiscCtrl.STANDARD_AXI_0.mask()
            | MiscCtrl.IN_ORDER_WRITE_1.mask()
            | MiscCtrl.STANDARD_AXI_1.mask());
    private static final int WR_LEN_CTRL_RESET =
            (int) (WrLenCtrl.THROTTLE_DISABLE_0.mask() | WrLenCtrl.THROTTLE_DISABLE_1.mask() | 0x0002_0002L);
    private static final int VLD_PA_RNG_RESET = (int) VldPaRng.END.mask();
    private static final int MAIN_BITS = M4uFault.allOf(0) | M4uFault.allOf(1);
    private static final int SHARED_BITS = (int) (IntControl0.MULTI_HIT.mask()
            | IntControl0.TABLE_WALK.mask()
            | IntControl0.PREFETCH_OVERFLOW.mask()
            | IntControl0.MISS_OVERFLOW.mask()
            | IntControl0.PREFETCH_ERROR.mask()
            | IntControl0.MISS_ERROR.mask());
    private static final long WIDE_TABLE = 1L << 16;

    private final M4uCapabilities capabilities;
    private final DescriptorFormat format;
    private final MemoryTypes types = MemoryTypes.withoutRemap();
    private final int[] values = new int[M4uRegister.values().length];

    M4uRegisterFile(M4uCapabilities capabilities, DescriptorFormat.Remap remap) {
        this.capabilities = capabilities;
        this.format = capabilities.format(remap);
        reset();
    }

    void reset() {
        for (M4uRegister register : M4uRegister.values()) {
            values[register.ordinal()] = switch (register) {
                case MISC_CTRL -> MISC_CTRL_RESET;
                case WR_LEN_CTRL -> WR_LEN_CTRL_RESET;
                case VLD_PA_RNG -> VLD_PA_RNG_RESET;
                default -> 0;
            };
        }
    }

    int get(M4uRegister register) {
        return values[register.ordinal()];
    }

    void set(M4uRegister register, int value) {
        values[register.ordinal()] = value;
    }

    /** Stores what a register can hold of a value that software writes. */
    void write(M4uRegister register, int value) {
        switch (register) {
            case INV_SEL_GEN1, INV_SEL_GEN2 -> {
                boolean present = register == capabilities.layout().invSel().register();
                set(register, present ? value & 3 : 0);
            }
            case INT_CONTROL0 -> set(register, value & SHARED_BITS);
            case INT_MAIN_CONTROL -> set(register, value & MAIN_BITS);
            case VLD_PA_RNG -> set(register, value & (int) (VldPaRng.START.mask() | VldPaRng.END.mask()));
            default -> set(register, value);
        }
    }

    WalkControl control() {
        return new WalkControl(
                format,
                TableBases.single(tableBase()),
                0,
                true,
                false,
                false,
                Permissions.UNCHECKED,
                types,
                DomainAccess.CLIENT.forAllDomains(),
                outputs());
    }

    private long tableBase() {
        int raw = get(M4uRegister.PT_BASE_ADDR);
        long base = PtBase.BASE.inPlace(raw);
        if (capabilities.inputBits() > 32) {
            base &= -WIDE_TABLE;
        }
        return capabilities.has(M4uFeature.TABLES_ABOVE_4G) ? base | PtBase.HIGH.get(raw) << 32 : base;
    }

    private WalkControl.OutputRange outputs() {
        int raw = get(M4uRegister.VLD_PA_RNG);
        return capabilities.has(M4uFeature.CHECKS_PA_RANGE)
                ? new WalkControl.OutputRange(VldPaRng.START.getInt(raw), VldPaRng.END.getInt(raw))
                : WalkControl.OutputRange.EVERYTHING;
    }

    /** Whether faulting accesses are sent to the address in IVRP_PADDR. */
    boolean protects() {
        return capabilities.layout().control().protection().get(get(M4uRegister.CTRL_REG))
                == TranslationControl.TO_PROGRAMMED_ADDRESS;
    }

    /** Whether an invalidation reaches both levels of caches, of which one would otherwise refill the other. */
    boolean selectsAllCaches() {
        return get(capabilities.layout().invSel().register()) == 3;
    }

    /** Whether an enabled fault is pending. */
    boolean interrupts() {
        boolean main = (get(M4uRegister.FAULT_ST1) & get(M4uRegister.INT_MAIN_CONTROL)) != 0;
        return main || (get(M4uRegister.L2_FAULT_ST) & get(M4uRegister.INT_CONTROL0)) != 0;
    }

    DescriptorFormat format() {
        return format;
    }
}
