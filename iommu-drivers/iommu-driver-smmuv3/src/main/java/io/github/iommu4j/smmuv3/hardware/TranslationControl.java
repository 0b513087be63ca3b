package io.github.iommu4j.smmuv3.hardware;

/** What the register file tells the translation path. */
interface TranslationControl {

    /** Takes what translation depends on, each time it changes; the register lock is held. */
    void publish(ControlState now);

    /**
     * SMMUEN went from 1 to 0 and CR0ACK does not show it yet (IHI 0070 §6.3.9): when this returns nothing of before writes
     * to memory any more, and nothing waits. The new state was published; no lock is held.
     */
    default void quiesce() {}

    /** The event queue may take records that it did not take before; no lock is held. */
    default void recordsMayGo() {}
}
