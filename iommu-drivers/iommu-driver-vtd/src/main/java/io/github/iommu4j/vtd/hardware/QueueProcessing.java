package io.github.iommu4j.vtd.hardware;

/** When invalidation descriptors are consumed. */
public enum QueueProcessing {
    /**
     * A write that gives the queue something to do (IQT_REG, an enable, an acknowledged error) consumes what is queued before
     * it returns: a guest never waits for a status write. At most one queue's length is consumed for each such write. When
     * another thread is consuming, that thread takes over the new descriptors and the write returns.
     */
    ON_DOORBELL,
    /** Only {@link Vtd#step()} consumes, one descriptor a call: for explorers, tests and machines with their own clock. */
    STEPPED
}
