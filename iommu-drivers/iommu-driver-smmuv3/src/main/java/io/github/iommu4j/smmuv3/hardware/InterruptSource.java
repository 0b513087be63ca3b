package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCtrl;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/** The interrupts that IRQ_CTRL enables (IHI 0070 §3.18). CMD_SYNC signals for itself. */
enum InterruptSource {
    /** The event queue is no longer empty. */
    EVENTQ(
            SmmuRegister.EVENTQ_IRQ_CFG0,
            SmmuRegister.EVENTQ_IRQ_CFG1,
            SmmuRegister.EVENTQ_IRQ_CFG2,
            GlobalError.MSI_EVENTQ_ABT_ERR),
    /** The PRI queue is no longer empty, or a page request group is complete. */
    PRIQ(
            SmmuRegister.PRIQ_IRQ_CFG0,
            SmmuRegister.PRIQ_IRQ_CFG1,
            SmmuRegister.PRIQ_IRQ_CFG2,
            GlobalError.MSI_PRIQ_ABT_ERR),
    /** A global error became active. */
    GERROR(
            SmmuRegister.GERROR_IRQ_CFG0,
            SmmuRegister.GERROR_IRQ_CFG1,
            SmmuRegister.GERROR_IRQ_CFG2,
            GlobalError.MSI_GERROR_ABT_ERR);

    private final SmmuRegister address;
    private final SmmuRegister data;
    private final SmmuRegister attributes;
    private final GlobalError aborted;

    InterruptSource(SmmuRegister address, SmmuRegister data, SmmuRegister attributes, GlobalError aborted) {
        this.address = address;
        this.data = data;
        this.attributes = attributes;
        this.aborted = aborted;
    }

    /** The bit of IRQ_CTRL and IRQ_CTRLACK. */
    BitField enable() {
        return switch (this) {
            case EVENTQ -> IrqCtrl.EVENTQ_IRQEN;
            case PRIQ -> IrqCtrl.PRIQ_IRQEN;
            case GERROR -> IrqCtrl.GERROR_IRQEN;
        };
    }

    /** The register that holds the MSI's address. */
    SmmuRegister address() {
        return address;
    }

    /** The register that holds the MSI's data. */
    SmmuRegister data() {
        return data;
    }

    /** The register that holds the MSI's memory attributes. */
    SmmuRegister attributes() {
        return attributes;
    }

    /** The error that becomes active when the MSI is aborted. */
    GlobalError aborted() {
        return aborted;
    }
}
