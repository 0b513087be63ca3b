package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.queue.QueueConsumer;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.QueueError;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.jspecify.annotations.Nullable;

/**
 * The invalidation queue (Intel VT-d §6.5.2): descriptors that software produces and the unit consumes in order.
 *
 * <p>One thread consumes at a time. It holds no lock while it reads memory, executes and signals, so a guest may write
 * IQT_REG from an interrupt handler on another thread: that leaves the new descriptors to the consuming thread.
 */
final class InvalidationQueue implements QueueConsumer.Queue {

    private static final int PAGE_LG2 = 12;

    /** A descriptor that is being fetched or executed. */
    private record Head(QueueGeometry geometry, int offset, long generation) {}

    /** Where descriptors take effect. */
    record Executors(
            InvalidationRules rules, InvalidationExecutor caches, Endpoints devices, PageGroupObserver observer) {}

    /** Whom the queue shares the unit with. */
    record Surroundings(RegisterState state, PhysicalMemory memory, FaultRecording faults, EventInterrupts events) {}

    private final RegisterState state;
    private final PhysicalMemory memory;
    private final FaultRecording faults;
    private final EventInterrupts events;
    private final Executors executors;
    private final QueueRules rules;
    private final Counts counts;
    private final QueueConsumer consumer;
    /** Guarded by {@link #state}, as everything below. */
    private final PendingWaits pending = new PendingWaits();

    private boolean inFlight;
    private boolean stopping;
    private boolean waitsForTail;
    private boolean afterWait;

    InvalidationQueue(Surroundings surroundings, Executors executors, QueueRules rules, Counts counts) {
        this.state = surroundings.state();
        this.memory = surroundings.memory();
        this.faults = surroundings.faults();
        this.events = surroundings.events();
        this.executors = executors;
        this.rules = rules;
        this.counts = counts;
        this.consumer = new QueueConsumer(state, this);
    }

    /** GCMD_REG.QIE. A queue that is switched off finishes the descriptor it is at; QIES falls then. */
    void enable(boolean on) {
        synchronized (state) {
            boolean enabled = state.isSet(VtdRegister.GSTS, Global.QIE);
            if (on && !enabled) {
                state.setBits(VtdRegister.GSTS, Global.QIE);
            } else if (!on && enabled && mayStop()) {
                if (inFlight) {
                    stopping = true;
                } else {
                    stop();
                }
            }
        }
    }

    private boolean mayStop() {
        return rules.mayStop(state.get(VtdRegister.IQH) == state.get(VtdRegister.IQT), afterWait);
    }

    private void stop() {
        stopping = false;
        state.nextGeneration();
        state.clearBits(VtdRegister.GSTS, Global.QIE);
        state.set(VtdRegister.IQH, 0);
        pending.clear();
    }

    /** After a reset nothing is outstanding, and no message waits; the register lock is held. */
    void reset() {
        events.reset();
        stopping = false;
        waitsForTail = false;
        afterWait = false;
        pending.clear();
    }

    /** A write to IQA_REG; the register lock is held. */
    void writeAddress(long value, long lanes) {
        state.write(VtdRegister.IQA, value, lanes);
        if (rules.widthError(geometry()) != QueueError.NONE) {
            fail(QueueError.WIDTH);
        }
    }

    /** A write to IQT_REG; the register lock is held. */
    void writeTail(long value, long lanes) {
        state.write(VtdRegister.IQT, value, lanes);
        waitsForTail = false;
    }

    /** Consumes at most one descriptor; {@code false} when there was nothing to do or another thread is consuming. */
    boolean step() {
        return consumer.step();
    }

    /** Something changed that may let consumption go on; no lock is held. */
    void doorbell() {
        if (!rules.isStepped()) {
            consumer.doorbell();
        }
    }

    @Override
    public int budget() {
        return geometry().descriptors() + pending.size();
    }

    @Override
    public boolean consumeOne() {
        InvalidationDescriptor ready;
        synchronized (state) {
            ready = pending.nextReady();
        }
        if (ready != null) {
            signal(ready);
            return true;
        }
        Head head = takeHead();
        if (head == null) {
            events.deliver();
            return false;
        }
        QueueError result = QueueError.FETCH;
        try {
            result = execute(head);
        } finally {
            finish(head, result);
        }
        events.deliver();
        return true;
    }

    private @Nullable Head takeHead() {
        synchronized (state) {
            boolean runs = state.isSet(VtdRegister.GSTS, Global.QIE)
                    && (state.get(VtdRegister.FSTS) & (Fsts.IQE.mask() | Fsts.ITE.mask())) == 0
                    && !waitsForTail
                    && !stopping
                    && !pending.hasFence();
            int head = (int) state.get(VtdRegister.IQH);
            int tail = (int) state.get(VtdRegister.IQT);
            if (!runs || head == tail) {
                return null;
            }
            QueueError error = rules.check(geometry(), head, tail, state.tableMode());
            if (error != QueueError.NONE) {
                fail(error);
                return null;
            }
            inFlight = true;
            return new Head(geometry(), head, state.generation());
        }
    }

    private QueueGeometry geometry() {
        return new QueueGeometry(state.get(VtdRegister.IQA));
    }

    private QueueError execute(Head head) {
        int bytes = head.geometry().descriptorBytes();
        InvalidationDescriptor descriptor;
        try {
            descriptor = InvalidationDescriptor.readFrom(memory, head.geometry().base() + head.offset(), bytes);
        } catch (BusErrorException unanswered) {
            return QueueError.FETCH;
        }
        QueueError error = executors.rules().check(descriptor, bytes);
        if (error == QueueError.NONE) {
            execute(head, descriptor);
            counts.descriptor();
        }
        return error;
    }

    private void execute(Head head, InvalidationDescriptor descriptor) {
        InvalidationType type = descriptor.type().orElseThrow();
        synchronized (state) {
            afterWait = false;
        }
        switch (type) {
            case WAIT -> wait(descriptor);
            case DEVICE_TLB, PASID_DEVICE_TLB -> invalidate(head, requestOf(descriptor));
            case PAGE_GROUP_RESPONSE -> respond(new PageGroupResponse(descriptor));
            default -> executors.caches().execute(type, descriptor);
        }
    }

    private void wait(InvalidationDescriptor descriptor) {
        synchronized (state) {
            afterWait = true;
            if (pending.isBusy()) {
                pending.add(descriptor);
                return;
            }
        }
        signal(descriptor);
    }

    /** A wait has completed: status in memory first, then the interrupt (§6.5.2.8). */
    private void signal(InvalidationDescriptor descriptor) {
        if (InvalidationDescriptor.STATUS_WRITE.isSet(descriptor.q0())) {
            long address = InvalidationDescriptor.STATUS_ADDRESS.inPlace(descriptor.q1());
            try {
                memory.store32(address, InvalidationDescriptor.STATUS_DATA.getInt(descriptor.q0()));
            } catch (BusErrorException lost) {
                // The specification has no status for a write that nobody answers.
            }
        }
        if (InvalidationDescriptor.INTERRUPT.isSet(descriptor.q0())) {
            synchronized (state) {
                boolean already = state.get(VtdRegister.ICS) != 0;
                state.set(VtdRegister.ICS, 1);
                if (!already) {
                    events.raise(EventSource.INVALIDATION);
                }
            }
            events.deliver();
        }
    }

    /** What a descriptor of type DEVICE_TLB or PASID_DEVICE_TLB asks a device for (§6.5.2.5, §6.5.2.6). */
    private static InvalidateRequest requestOf(InvalidationDescriptor descriptor) {
        int pasid = TranslationUnit.NO_SUBSTREAM;
        if (descriptor.code() == InvalidationType.PASID_DEVICE_TLB.code()) {
            boolean every = InvalidationDescriptor.EVERY_PASID.isSet(descriptor.q1());
            pasid = every ? InvalidateRequest.EVERY_SUBSTREAM : descriptor.pasid();
        }
        return new InvalidateRequest(
                descriptor.sid(), pasid, descriptor.deviceAddress(), PAGE_LG2 + descriptor.deviceSizeLg2());
    }

    private void respond(PageGroupResponse response) {
        executors.observer().answered(response);
        PrgResponse.Code code = PrgResponse.Code.of(response.code());
        executors.devices().respond(new PrgResponse(response.rid(), response.pasid(), response.group(), code));
    }

    private void invalidate(Head head, InvalidateRequest invalidation) {
        synchronized (state) {
            if (head.generation() == state.generation()) {
                pending.add(invalidation);
            }
        }
        Endpoints.Reply reply = executors.devices().invalidate(invalidation);
        synchronized (state) {
            if (head.generation() == state.generation()) {
                answer(invalidation, reply);
            }
        }
    }

    /** What a device says of an invalidation that was left for later. */
    void complete(InvalidateRequest invalidation, Endpoints.Reply reply) {
        synchronized (state) {
            answer(invalidation, reply);
        }
        events.deliver();
        doorbell();
    }

    private void answer(InvalidateRequest invalidation, Endpoints.Reply reply) {
        if (reply == Endpoints.Reply.LATER) {
            return;
        }
        boolean expected = reply != Endpoints.Reply.UNEXPECTED && pending.remove(invalidation);
        if (!expected) {
            rules.recordCompletionError(state, invalidation.streamId());
            faults.raise(Fsts.ICE);
        } else if (reply == Endpoints.Reply.TIMED_OUT) {
            rules.recordTimeOut(state, invalidation.streamId());
            pending.abortWaits();
            faults.raise(Fsts.ITE);
        }
    }

    /** Moves on, or stops at the descriptor: the reason can be read before the error is signalled. */
    private void finish(Head head, QueueError result) {
        synchronized (state) {
            inFlight = false;
            if (head.generation() == state.generation()) {
                if (result == QueueError.NONE) {
                    state.set(VtdRegister.IQH, head.geometry().after(head.offset()));
                } else {
                    fail(result);
                }
                if (stopping) {
                    stop();
                }
            }
        }
    }

    private void fail(QueueError error) {
        rules.recordQueueError(state, error);
        waitsForTail = rules.resumesOnTail();
        faults.raise(Fsts.IQE);
    }
}
