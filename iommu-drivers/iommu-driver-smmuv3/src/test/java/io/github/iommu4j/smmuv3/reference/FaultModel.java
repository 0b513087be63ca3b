package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.dma.FaultResponse;

/**
 * What software wants done with translation faults: CD.S, A and R, or STE.S2S and S2R (IHI 0070 §5.5).
 *
 * @param stalls they wait, and are recorded
 * @param response what they get otherwise
 * @param records whether they are recorded otherwise
 */
record FaultModel(boolean stalls, FaultResponse response, boolean records) {

    static FaultModel ofContext(long dw0) {
        FaultResponse response = Raw.bit(dw0, 46) ? FaultResponse.ABORT : FaultResponse.RAZ_WI;
        return new FaultModel(Raw.bit(dw0, 44), response, Raw.bit(dw0, 45));
    }

    static FaultModel ofStage2(long dw2) {
        return new FaultModel(Raw.bit(dw2, 57), FaultResponse.ABORT, Raw.bit(dw2, 58));
    }
}
