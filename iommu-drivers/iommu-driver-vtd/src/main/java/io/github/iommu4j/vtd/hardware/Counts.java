package io.github.iommu4j.vtd.hardware;

import java.util.concurrent.atomic.LongAdder;

/** What registers, queues and interrupts have done so far. Thread-safe. */
final class Counts {

    private final LongAdder faultsRecorded = new LongAdder();
    private final LongAdder faultsCollapsed = new LongAdder();
    private final LongAdder faultsLost = new LongAdder();
    private final LongAdder descriptors = new LongAdder();
    private final LongAdder pageRequests = new LongAdder();
    private final LongAdder pageRequestsLost = new LongAdder();
    private final LongAdder interrupts = new LongAdder();
    private final LongAdder interruptsPosted = new LongAdder();
    private final LongAdder interruptsBlocked = new LongAdder();
    private final LongAdder entryHits = new LongAdder();
    private final LongAdder entryMisses = new LongAdder();

    void faultRecorded() {
        faultsRecorded.increment();
    }

    void faultCollapsed() {
        faultsCollapsed.increment();
    }

    void faultLost() {
        faultsLost.increment();
    }

    void descriptor() {
        descriptors.increment();
    }

    void pageRequest() {
        pageRequests.increment();
    }

    void pageRequestLost() {
        pageRequestsLost.increment();
    }

    void interrupt() {
        interrupts.increment();
    }

    void interruptPosted() {
        interruptsPosted.increment();
    }

    void interruptBlocked() {
        interruptsBlocked.increment();
    }

    void entryHit() {
        entryHits.increment();
    }

    void entryMiss() {
        entryMisses.increment();
    }

    VtdCounters snapshot() {
        return new VtdCounters(
                new VtdCounters.Faults(faultsRecorded.sum(), faultsCollapsed.sum(), faultsLost.sum()),
                new VtdCounters.Queues(descriptors.sum(), pageRequests.sum(), pageRequestsLost.sum()),
                new VtdCounters.Interrupts(
                        interrupts.sum(),
                        interruptsPosted.sum(),
                        interruptsBlocked.sum(),
                        entryHits.sum(),
                        entryMisses.sum()));
    }
}
