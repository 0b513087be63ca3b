package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.PageRequestRecord;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCfg;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.jspecify.annotations.Nullable;

/**
 * The PRI queue (IHI 0070 §8): 16-byte page requests that the SMMU produces and software consumes, and the answers that
 * the SMMU gives by itself to those that it does not queue.
 *
 * <p>Requests queue up at this object's monitor, which is held until the entry stands in memory; it is taken before the
 * register lock. Endpoints are answered, and streams looked up, with no lock held.
 */
final class PriQueue {

    private static final int ENTRY_LG2 = 4;

    /** What becomes of a message. */
    private enum Fate {
        QUEUED,
        /** The queue is off or broken: every request is answered with Failure. */
        REFUSED,
        /** An overflow is not acknowledged: the group is answered with Success, so that the device asks again. */
        OVERFLOWN
    }

    private final Smmuv3Capabilities capabilities;
    private final RegisterState state;
    private final PhysicalMemory memory;
    private final Interrupts interrupts;
    private final Endpoints endpoints;
    private final PageResponder responder;

    /** Whom the queue shares the SMMU with. */
    record Surroundings(RegisterState state, PhysicalMemory memory, Interrupts interrupts) {}

    PriQueue(Smmuv3Capabilities capabilities, Surroundings surroundings, Endpoints endpoints, PageResponder responder) {
        this.capabilities = capabilities;
        this.state = surroundings.state();
        this.memory = surroundings.memory();
        this.interrupts = surroundings.interrupts();
        this.endpoints = endpoints;
        this.responder = responder;
    }

    /** A message arrives: see {@link io.github.iommu4j.api.dma.PageRequestUnit#pageRequest}. */
    void receive(PageRequestMessage message) {
        Fate fate;
        synchronized (this) {
            fate = admit(message);
        }
        interrupts.deliver();
        if (fate != Fate.QUEUED && !message.isStopMarker()) {
            PrgResponse response = fate == Fate.REFUSED ? failure(message) : onOverflow(message);
            if (response != null) {
                endpoints.respond(response);
            }
        }
    }

    private Fate admit(PageRequestMessage message) {
        long slot;
        long generation;
        synchronized (state) {
            if (!isWritable()) {
                return Fate.REFUSED;
            }
            QueueIndex index = state.priQueueIndex();
            int prod = (int) state.get(SmmuRegister.PRIQ_PROD);
            if (isOverflown(index, prod)) {
                if (message.last() && signalsLast()) {
                    interrupts.raise(InterruptSource.PRIQ);
                }
                return Fate.OVERFLOWN;
            }
            slot = state.entryAddress(SmmuRegister.PRIQ_BASE, index, prod, ENTRY_LG2);
            generation = state.generation();
            state.pageRequestInFlight(true);
        }
        boolean stored = false;
        try {
            PageRequestRecord.of(message).writeTo(memory, slot);
            stored = true;
            return Fate.QUEUED;
        } catch (BusErrorException e) {
            return Fate.REFUSED;
        } finally {
            finish(message, generation, stored);
        }
    }

    private boolean isWritable() {
        return capabilities.pri()
                && !state.isInServiceFailure()
                && state.isEnabled(Cr0.SMMUEN)
                && state.isEnabled(Cr0.PRIQEN)
                && !state.isActive(GlobalError.PRIQ_ABT_ERR);
    }

    /** A full queue says so, and while software has not acknowledged that, nothing is queued even where there is room. */
    private boolean isOverflown(QueueIndex index, int prod) {
        int cons = (int) state.get(SmmuRegister.PRIQ_CONS);
        if (Queue.OVFLG.get(prod) != Queue.OVACKFLG.get(cons)) {
            return true;
        }
        if (!index.isFull(prod, cons) && index.isConsistent(prod, cons)) {
            return false;
        }
        state.set(SmmuRegister.PRIQ_PROD, Integer.toUnsignedLong(prod) ^ Queue.OVFLG.mask());
        return true;
    }

    private void finish(PageRequestMessage message, long generation, boolean stored) {
        synchronized (state) {
            if (generation == state.generation()) {
                if (stored) {
                    advance(message);
                } else {
                    interrupts.signal(GlobalError.PRIQ_ABT_ERR);
                }
            }
            state.pageRequestInFlight(false);
        }
    }

    private void advance(PageRequestMessage message) {
        QueueIndex index = state.priQueueIndex();
        long prod = state.get(SmmuRegister.PRIQ_PROD);
        boolean wasEmpty = index.isEmpty((int) prod, (int) state.get(SmmuRegister.PRIQ_CONS));
        state.set(SmmuRegister.PRIQ_PROD, Queue.INDEX.with(prod, index.next((int) prod)));
        if (signalsLast() ? message.last() : wasEmpty) {
            interrupts.raise(InterruptSource.PRIQ);
        }
    }

    /** PRIQ_IRQ_CFG2.LO: interrupts come with the last request of a group, not with the first in the queue. */
    private boolean signalsLast() {
        return IrqCfg.LO.isSet(state.get(SmmuRegister.PRIQ_IRQ_CFG2));
    }

    private static PrgResponse failure(PageRequestMessage message) {
        return new PrgResponse(
                message.streamId(), TranslationUnit.NO_SUBSTREAM, message.prgIndex(), PrgResponse.Code.FAILURE);
    }

    /** What a group whose last request was lost gets; {@code null} when more of it is to come. */
    private @Nullable PrgResponse onOverflow(PageRequestMessage message) {
        if (!message.last()) {
            return null;
        }
        int pasid = message.substreamId();
        if (message.hasSubstream() && !capabilities.pps()) {
            PageResponder.Pasid kept = responder.pasidOf(message.streamId(), pasid);
            if (kept == PageResponder.Pasid.UNKNOWN) {
                return failure(message);
            }
            pasid = kept == PageResponder.Pasid.KEPT ? pasid : TranslationUnit.NO_SUBSTREAM;
        }
        return new PrgResponse(message.streamId(), pasid, message.prgIndex(), PrgResponse.Code.SUCCESS);
    }
}
