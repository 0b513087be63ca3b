package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.FaultResponse;
import java.util.List;

/** One access under way: what it asks, after the STE's overrides, and how its failures are told (IHI 0070 §7.3). */
final class Attempt {

    static final int C_BAD_STREAMID = 0x02;
    static final int F_STE_FETCH = 0x03;
    static final int C_BAD_STE = 0x04;
    static final int F_STREAM_DISABLED = 0x06;
    static final int C_BAD_SUBSTREAMID = 0x08;
    static final int F_CD_FETCH = 0x09;
    static final int C_BAD_CD = 0x0A;
    static final int F_WALK_EABT = 0x0B;
    static final int F_TRANSLATION = 0x10;
    static final int F_ADDR_SIZE = 0x11;
    static final int F_ACCESS = 0x12;
    static final int F_PERMISSION = 0x13;

    /** CLASS: why an address was being translated. */
    static final int CLASS_CD = 0;

    static final int CLASS_TT = 1;
    static final int CLASS_IN = 2;

    private static final long S2 = 1L << 39;
    private static final long TT_RNW = 1L << 44;
    private static final long STALL = 1L << 31;

    final int streamId;
    final int substreamId;
    final long address;
    final boolean reads;
    final boolean writes;
    boolean instruction;
    boolean privileged;

    Attempt(int streamId, int substreamId, long address, int accessBits) {
        this.streamId = streamId;
        this.substreamId = substreamId;
        this.address = address;
        writes = (accessBits & Access.WRITE_BIT) != 0;
        reads = !writes || (accessBits & Access.READ_BIT) != 0;
        instruction = !writes && (accessBits & Access.INSTRUCTION_BIT) != 0;
        privileged = (accessBits & Access.PRIVILEGED_BIT) != 0;
    }

    boolean hasSubstream() {
        return substreamId >= 0;
    }

    /** PRIVCFG and INSTCFG (§5.2): 2 and 3 override, a write is data whatever INSTCFG says. */
    void override(int privcfg, int instcfg) {
        if (privcfg >= 2) {
            privileged = privcfg == 3;
        }
        if (instcfg >= 2 && !writes) {
            instruction = instcfg == 3;
        }
    }

    /** Abort, and nobody is told. */
    Stop abort() {
        return new Stop(Verdict.silent(0, FaultResponse.ABORT));
    }

    Stop configurationError(int number) {
        return recorded(number, 0, 0, 0);
    }

    Stop unrecorded(int number) {
        return new Stop(Verdict.silent(number, FaultResponse.ABORT));
    }

    Stop fetchError(int number, long fetchAddress) {
        return recorded(number, 0, 0, Raw.inPlace(fetchAddress, 55, 3));
    }

    Stop walkAbort(int stage, int purpose, long fetchAddress) {
        return recorded(
                F_WALK_EABT, direction(!writes) | where(stage, purpose), address, Raw.inPlace(fetchAddress, 55, 3));
    }

    /** F_ADDR_SIZE of an address that no stage translates: recorded whatever the fault model says. */
    Stop bypassOutOfRange() {
        return recorded(F_ADDR_SIZE, direction(!writes) | where(1, CLASS_IN), address, 0);
    }

    /** A stage-1 fault: CD.A, R and S decide (§5.5). */
    Stop stage1Fault(int number, FaultModel model, boolean namedAsRead) {
        return translationFault(number, model, direction(namedAsRead) | where(1, CLASS_IN), 0);
    }

    /** A stage-2 fault: STE.S2R and S2S decide. */
    Stop stage2Fault(int number, FaultModel model, int purpose, long ipa, boolean namedAsRead) {
        return translationFault(number, model, direction(namedAsRead) | where(2, purpose), Raw.inPlace(ipa, 55, 12));
    }

    /** F_PERMISSION of the SMMU's own access to a stage-1 descriptor. */
    Stop tablePermission(FaultModel model, long ipa, boolean updates) {
        long dw1 = direction(!writes) | where(2, CLASS_TT) | (updates ? 0 : TT_RNW);
        return translationFault(F_PERMISSION, model, dw1, Raw.inPlace(ipa, 55, 12));
    }

    private Stop translationFault(int number, FaultModel model, long dw1, long dw3) {
        if (model.stalls()) {
            return new Stop(Verdict.stalled(number, words(number, dw1 | STALL, address, dw3)));
        }
        return new Stop(
                model.records()
                        ? Verdict.recorded(number, model.response(), words(number, dw1, address, dw3))
                        : Verdict.silent(number, model.response()));
    }

    private Stop recorded(int number, long dw1, long dw2, long dw3) {
        return new Stop(Verdict.recorded(number, FaultResponse.ABORT, words(number, dw1, dw2, dw3)));
    }

    private List<Long> words(int number, long dw1, long dw2, long dw3) {
        long dw0 = number | (long) streamId << 32;
        if (hasSubstream()) {
            dw0 |= (long) substreamId << 12;
            if (number != C_BAD_SUBSTREAMID) {
                dw0 |= 1L << 11;
            }
        }
        return List.of(dw0, dw1, dw2, dw3);
    }

    private long direction(boolean read) {
        return (privileged ? 1L << 33 : 0) | (instruction ? 1L << 34 : 0) | (read ? 1L << 35 : 0);
    }

    private static long where(int stage, int purpose) {
        return (stage == 2 ? S2 : 0) | (long) purpose << 40;
    }
}
