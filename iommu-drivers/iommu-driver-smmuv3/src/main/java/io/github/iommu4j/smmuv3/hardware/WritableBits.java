package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr1;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr2;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Gbpa;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCfg;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCtrl;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Strtab;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/** Which bits of which register exist and can be written, given the capabilities; all others are RES0. */
final class WritableBits {

    private final Smmuv3Capabilities capabilities;
    private final long[] masks = new long[SmmuRegister.values().length];

    WritableBits(Smmuv3Capabilities capabilities) {
        this.capabilities = capabilities;
        for (SmmuRegister register : SmmuRegister.values()) {
            if (register.access() == SmmuRegister.Access.RW) {
                masks[register.ordinal()] = bitsOf(register);
            }
        }
    }

    long mask(SmmuRegister register) {
        return masks[register.ordinal()];
    }

    private long bitsOf(SmmuRegister register) {
        boolean pri = capabilities.pri();
        return switch (register) {
            case CR0 -> enables();
            case CR1 -> Cr1.TABLE.mask() | Cr1.QUEUE.mask();
            case CR2 -> recording();
            case GBPA -> bypass();
            case IRQ_CTRL -> IrqCtrl.GERROR_IRQEN.mask() | IrqCtrl.EVENTQ_IRQEN.mask() | when(pri, IrqCtrl.PRIQ_IRQEN);
            case GERRORN -> errors();
            case STRTAB_BASE -> Strtab.ADDR.mask() | Strtab.RA.mask();
            case STRTAB_BASE_CFG ->
                Strtab.LOG2SIZE.mask() | Strtab.SPLIT.mask() | when(capabilities.stLevel(), Strtab.FMT);
            case CMDQ_BASE, EVENTQ_BASE -> queueBase();
            case CMDQ_PROD -> Queue.INDEX.mask();
            case CMDQ_CONS -> Queue.INDEX.mask() | Queue.ERR.mask();
            case EVENTQ_PROD, EVENTQ_CONS -> Queue.INDEX.mask() | Queue.OVFLG.mask();
            case PRIQ_BASE -> pri ? queueBase() : 0;
            case PRIQ_PROD, PRIQ_CONS -> pri ? Queue.INDEX.mask() | Queue.OVFLG.mask() : 0;
            default -> messages(register, pri);
        };
    }

    private long enables() {
        return Cr0.SMMUEN.mask()
                | Cr0.EVENTQEN.mask()
                | Cr0.CMDQEN.mask()
                | when(capabilities.pri(), Cr0.PRIQEN)
                | when(capabilities.ats(), Cr0.ATSCHK)
                | when(capabilities.vmw(), Cr0.VMW);
    }

    private long recording() {
        return Cr2.RECINVSID.mask()
                | when(capabilities.hyp(), Cr2.E2H)
                | when(capabilities.btm(), Cr2.PTM)
                | when(capabilities.atsrecerr(), Cr2.REC_CFG_ATS);
    }

    /** Update is not stored: every update completes within the write that starts it. */
    private static long bypass() {
        return Gbpa.MEM_ATTR.mask()
                | Gbpa.MTCFG.mask()
                | Gbpa.ALLOCCFG.mask()
                | Gbpa.SHCFG.mask()
                | Gbpa.PRIVCFG.mask()
                | Gbpa.INSTCFG.mask()
                | Gbpa.ABORT.mask();
    }

    private long errors() {
        long mask = 0;
        for (GlobalError error : GlobalError.values()) {
            boolean exists = switch (error) {
                case CMDQ_ERR, EVENTQ_ABT_ERR, SFM_ERR -> true;
                case PRIQ_ABT_ERR -> capabilities.pri();
                case MSI_CMDQ_ABT_ERR, MSI_EVENTQ_ABT_ERR, MSI_GERROR_ABT_ERR -> capabilities.msi();
                case MSI_PRIQ_ABT_ERR -> capabilities.msi() && capabilities.pri();
            };
            mask |= exists ? error.mask() : 0;
        }
        return mask;
    }

    private static long queueBase() {
        return Queue.LOG2SIZE.mask() | Queue.ADDR.mask() | Queue.HINT.mask();
    }

    /** PRIQ_IRQ_CFG2.LO is there without MSIs too: it also selects when the wired interrupt comes. */
    private long messages(SmmuRegister register, boolean pri) {
        boolean msi = capabilities.msi();
        return switch (register) {
            case GERROR_IRQ_CFG0, EVENTQ_IRQ_CFG0 -> when(msi, IrqCfg.ADDR);
            case GERROR_IRQ_CFG1, EVENTQ_IRQ_CFG1 -> when(msi, IrqCfg.DATA);
            case GERROR_IRQ_CFG2, EVENTQ_IRQ_CFG2 -> when(msi, IrqCfg.ATTRIBUTES);
            case PRIQ_IRQ_CFG0 -> when(msi && pri, IrqCfg.ADDR);
            case PRIQ_IRQ_CFG1 -> when(msi && pri, IrqCfg.DATA);
            default -> when(msi && pri, IrqCfg.ATTRIBUTES) | when(pri, IrqCfg.LO);
        };
    }

    private static long when(boolean exists, BitField field) {
        return exists ? field.mask() : 0;
    }
}
