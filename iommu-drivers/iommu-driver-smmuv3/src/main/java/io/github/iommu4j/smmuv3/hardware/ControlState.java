package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.RegisterFields.Gbpa;

/**
 * What the translation path needs of the control registers, as one immutable snapshot: the register file publishes a
 * new one whenever a change has taken effect.
 *
 * @param enabled effective CR0.SMMUEN (what CR0ACK shows)
 * @param atsCheck effective CR0.ATSCHK
 * @param recordInvalidStreamId CR2.RECINVSID
 * @param el2HostExtensions CR2.E2H
 * @param recordAtsConfigErrors CR2.REC_CFG_ATS
 * @param globalBypass GBPA as stored (IHI 0070 §6.3.14)
 * @param streamTableBase STRTAB_BASE as stored
 * @param streamTableConfig STRTAB_BASE_CFG as stored
 */
record ControlState(
        boolean enabled,
        boolean atsCheck,
        boolean recordInvalidStreamId,
        boolean el2HostExtensions,
        boolean recordAtsConfigErrors,
        int globalBypass,
        long streamTableBase,
        int streamTableConfig) {

    /** The state after reset: disabled, everything else zero. */
    static final ControlState RESET = new ControlState(false, false, false, false, false, 0, 0, 0);

    /** Service failure mode: every transaction aborts, whatever the registers say. */
    static final ControlState SERVICE_FAILURE =
            new ControlState(false, false, false, false, false, (int) Gbpa.ABORT.mask(), 0, 0);
}
