package io.github.iommu4j.smmuv3.hardware;

/** When commands are consumed. */
public enum CommandProcessing {
    /**
     * A write that gives the queue something to do (CMDQ_PROD, an enable, an acknowledged error) consumes what is
     * queued before it returns: a guest never waits for a CMD_SYNC. At most one queue's length is consumed for each
     * such write. When another thread is consuming, that thread takes over the new commands and the write returns.
     */
    ON_DOORBELL,
    /** Only {@link Smmuv3#step()} consumes, one command a call: for explorers, tests and machines with their own clock. */
    STEPPED
}
