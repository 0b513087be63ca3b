package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/**
 * The event queue (IHI 0070 §7.2, §7.4): 32-byte records that the SMMU produces and software consumes.
 *
 * <p>Recorders queue up at this object's monitor, which is held from the check of the epoch until the record stands in
 * memory; it is taken before the register lock. Software moves CONS at any time and waits for nobody.
 */
final class EventQueue implements EventRecorder {

    private static final int RECORD_LG2 = 5;
    private static final long NO_SLOT = -1;

    /** What a record does that finds the queue full. */
    private enum WhenFull {
        OVERFLOW,
        KEEP
    }

    private final RegisterState state;
    private final PhysicalMemory memory;
    private final CacheEpoch epoch;
    private final Interrupts interrupts;

    EventQueue(RegisterState state, PhysicalMemory memory, CacheEpoch epoch, Interrupts interrupts) {
        this.state = state;
        this.memory = memory;
        this.epoch = epoch;
        this.interrupts = interrupts;
    }

    @Override
    public Outcome record(long begun, long dw0, long dw1, long dw2, long dw3) {
        Outcome outcome;
        synchronized (this) {
            outcome = epoch.now() == begun ? write(WhenFull.OVERFLOW, dw0, dw1, dw2, dw3) : Outcome.STALE;
        }
        interrupts.deliver();
        return outcome;
    }

    /**
     * Writes the record of a stalled transaction, which is kept by the caller where this one drops it: it makes no overflow.
     */
    Outcome recordStall(long begun, long dw0, long dw1, long dw2, long dw3) {
        Outcome outcome;
        synchronized (this) {
            outcome = epoch.now() == begun ? write(WhenFull.KEEP, dw0, dw1, dw2, dw3) : Outcome.STALE;
        }
        interrupts.deliver();
        return outcome;
    }

    /** Writes a record that does not stem from a translation. */
    Outcome record(long dw0, long dw1, long dw2, long dw3) {
        Outcome outcome;
        synchronized (this) {
            outcome = write(WhenFull.OVERFLOW, dw0, dw1, dw2, dw3);
        }
        interrupts.deliver();
        return outcome;
    }

    /** Returns once every record that was begun before stands in memory or is dropped. */
    synchronized void barrier() {}

    private Outcome write(WhenFull whenFull, long dw0, long dw1, long dw2, long dw3) {
        long slot;
        long generation;
        synchronized (state) {
            slot = claim(whenFull);
            generation = state.generation();
            if (slot == NO_SLOT) {
                return Outcome.DROPPED;
            }
            state.recordInFlight(true);
        }
        boolean stored = false;
        try {
            memory.store64(slot, dw0);
            memory.store64(slot + 8, dw1);
            memory.store64(slot + 16, dw2);
            memory.store64(slot + 24, dw3);
            stored = true;
        } catch (BusErrorException e) {
            return Outcome.DROPPED;
        } finally {
            finish(generation, stored);
        }
        return Outcome.WRITTEN;
    }

    /** The address of the next record; a full queue takes none and says so once until software acknowledges. */
    private long claim(WhenFull whenFull) {
        if (!state.isEnabled(Cr0.EVENTQEN)
                || state.isActive(GlobalError.EVENTQ_ABT_ERR)
                || state.isInServiceFailure()) {
            return NO_SLOT;
        }
        QueueIndex index = state.eventQueueIndex();
        int prod = (int) state.get(SmmuRegister.EVENTQ_PROD);
        int cons = (int) state.get(SmmuRegister.EVENTQ_CONS);
        if (index.isFull(prod, cons) || !index.isConsistent(prod, cons)) {
            if (whenFull == WhenFull.OVERFLOW && Queue.OVFLG.get(prod) == Queue.OVACKFLG.get(cons)) {
                state.set(SmmuRegister.EVENTQ_PROD, Integer.toUnsignedLong(prod) ^ Queue.OVFLG.mask());
            }
            return NO_SLOT;
        }
        return state.entryAddress(SmmuRegister.EVENTQ_BASE, index, prod, RECORD_LG2);
    }

    private void finish(long generation, boolean stored) {
        synchronized (state) {
            if (generation != state.generation()) {
                state.recordInFlight(false);
                return;
            }
            if (stored) {
                QueueIndex index = state.eventQueueIndex();
                long prod = state.get(SmmuRegister.EVENTQ_PROD);
                boolean wasEmpty = index.isEmpty((int) prod, (int) state.get(SmmuRegister.EVENTQ_CONS));
                state.set(SmmuRegister.EVENTQ_PROD, Queue.INDEX.with(prod, index.next((int) prod)));
                if (wasEmpty) {
                    interrupts.raise(InterruptSource.EVENTQ);
                }
            } else {
                interrupts.signal(GlobalError.EVENTQ_ABT_ERR);
            }
            state.recordInFlight(false);
        }
    }
}
