package io.github.iommu4j.smmuv3.hardware;

/** What the STE of a stream says of an automatic answer to its page requests (IHI 0070 §8.1). */
@FunctionalInterface
interface PageResponder {

    /** What STE.PPAR decides. */
    enum Pasid {
        /** PPAR=1: the answer carries the PASID of the request. */
        KEPT,
        /** PPAR=0: it carries none. */
        OMITTED,
        /** There is no usable STE. */
        UNKNOWN
    }

    /** Looks the STE up; why there is none is recorded where CR2.REC_CFG_ATS says so. */
    Pasid pasidOf(int streamId, int substreamId);
}
