package io.github.iommu4j.smmuv3.driver;

/** How a CMD_SYNC says that it is complete (IHI 0070 §4.7). */
enum SyncSignal {
    /** Not at all: CMDQ_CONS is polled. */
    NONE,
    /** By an event (IDR0.SEV); what a waiter looks at is CMDQ_CONS all the same, since events may be lost or spurious. */
    SEV,
    /** By a write of 0 over the first word of the command itself (IDR0.MSI and IDR0.COHACC), which is polled. */
    MSI
}
