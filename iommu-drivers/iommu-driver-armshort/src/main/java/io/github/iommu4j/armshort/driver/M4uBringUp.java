package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.armshort.layout.M4uFault;
import io.github.iommu4j.armshort.layout.M4uFields.DcmDis;
import io.github.iommu4j.armshort.layout.M4uFields.IntControl0;
import io.github.iommu4j.armshort.layout.M4uFields.MiscCtrl;
import io.github.iommu4j.armshort.layout.M4uFields.VldPaRng;
import io.github.iommu4j.armshort.layout.M4uFields.WrLenCtrl;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.TranslationControl;

/** What is written to an M4U before its table: in the order of Linux 6.1. */
final class M4uBringUp {

    private static final int SHARED_FAULTS = (int) (IntControl0.MULTI_HIT.mask()
            | IntControl0.TABLE_WALK.mask()
            | IntControl0.PREFETCH_OVERFLOW.mask()
            | IntControl0.MISS_OVERFLOW.mask()
            | IntControl0.PREFETCH_ERROR.mask()
            | IntControl0.MISS_ERROR.mask());
    private static final int FIRST_VALID_GIGABYTE = 4;
    private static final int LAST_VALID_GIGABYTE = 7;
    private static final long BIT_32 = 1L << 32;

    private M4uBringUp() {}

    /**
     * Writes the registers and takes the interrupt line.
     *
     * @param protect where accesses go that fault
     * @param mode whether the machine is in 4 GiB mode
     * @param handler handles faults
     * @throws IommuException {@code ENODEV} when the line is taken; the table base is 0 then
     */
    static void run(M4uUnit unit, long protect, MemoryMode mode, Runnable handler) {
        M4uPlatform platform = unit.platform();
        Mmio registers = unit.registers();
        writeControl(platform, registers);
        if (mode == MemoryMode.FOUR_GIGABYTES && platform.has(M4uFlag.HAS_VLD_PA_RNG)) {
            registers.write(M4uRegister.VLD_PA_RNG, (int)
                    (VldPaRng.START.of(FIRST_VALID_GIGABYTE) | VldPaRng.END.of(LAST_VALID_GIGABYTE)));
        }
        registers.write(M4uRegister.DCM_DIS, platform.has(M4uFlag.DCM_DISABLE) ? (int) DcmDis.ALL.mask() : 0);
        if (platform.has(M4uFlag.WR_THROT_EN)) {
            registers.clear(M4uRegister.WR_LEN_CTRL, WrLenCtrl.THROTTLE_DISABLE_0, WrLenCtrl.THROTTLE_DISABLE_1);
        }
        writeMisc(platform, registers);
        registers.write(M4uRegister.INT_CONTROL0, SHARED_FAULTS);
        registers.write(M4uRegister.INT_MAIN_CONTROL, M4uFault.allOf(0) | M4uFault.allOf(1));
        long seen = mode == MemoryMode.FOUR_GIGABYTES ? protect | BIT_32 : protect;
        registers.write(M4uRegister.IVRP_PADDR, platform.layout().ivrp().pack(seen));
        requestIrq(unit, handler);
    }

    private static void writeControl(M4uPlatform platform, Mmio registers) {
        TranslationControl control = platform.layout().control();
        long protection = control.protection().of(TranslationControl.TO_PROGRAMMED_ADDRESS);
        if (control == TranslationControl.MT8173) {
            registers.write(M4uRegister.CTRL_REG, (int) (TranslationControl.PREFETCH_REPLACE.mask() | protection));
        } else {
            registers.set(M4uRegister.CTRL_REG.offset(), protection);
        }
    }

    private static void writeMisc(M4uPlatform platform, Mmio registers) {
        if (platform.has(M4uFlag.RESET_AXI)) {
            registers.write(M4uRegister.MISC_CTRL, 0);
            return;
        }
        if (!platform.has(M4uFlag.STD_AXI_MODE)) {
            registers.clear(M4uRegister.MISC_CTRL, MiscCtrl.STANDARD_AXI_0, MiscCtrl.STANDARD_AXI_1);
        }
        if (platform.has(M4uFlag.OUT_ORDER_WR_EN)) {
            registers.clear(M4uRegister.MISC_CTRL, MiscCtrl.IN_ORDER_WRITE_0, MiscCtrl.IN_ORDER_WRITE_1);
        }
    }

    private static void requestIrq(M4uUnit unit, Runnable handler) {
        IrqLine irq = unit.node().resources().irq();
        try {
            if (irq == null) {
                throw new IommuException(Errno.ENXIO, "no interrupt");
            }
            irq.request(handler);
        } catch (IommuException refusal) {
            unit.registers().write(M4uRegister.PT_BASE_ADDR, 0);
            throw new IommuException(Errno.ENODEV, unit.node().name() + ": " + refusal.getMessage());
        }
    }
}
