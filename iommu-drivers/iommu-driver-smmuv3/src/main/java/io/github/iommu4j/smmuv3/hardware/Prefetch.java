package io.github.iommu4j.smmuv3.hardware;

/** What CMD_PREFETCH_* asks of the translation path (IHI 0070 §4.2). A hint: it has no effect that can be seen. */
interface Prefetch {

    /** CMD_PREFETCH_CONFIG: the STE and CD of a stream. */
    void config(int streamId, int substreamId);

    /** CMD_PREFETCH_ADDR: the translation of one address. */
    void address(int streamId, int substreamId, long address);
}
