package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Endpoints.Resumption;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The transactions that wait for software (IHI 0070 §3.12): their tags, their records, and their end.
 *
 * <pre>
 *              STALL_MAX reached              a slot is free
 *  stall ──────────────────────────▶ UPSTREAM ──────────────┐
 *    │                                                      ▼
 *    └─────────────────────────────────────────────────▶ HELD ──▶ WRITING ──▶ RECORDED ──▶ end
 *                                                         ▲ queue full, off │
 *                                                         └─────────────────┘
 * </pre>
 *
 * <p>A record that the event queue does not take is held back until it does, in order; it is never dropped and never
 * makes the queue overflow. One that is held back while the caches are invalidated or the control registers change is
 * not written any more: the transaction is told to try again (§4.7). Software ends what it can know of, RECORDED or just
 * being written; CMD_STALL_TERM and SMMUEN=0 end everything but what waits upstream.
 *
 * <p>Each transaction is ended exactly once, by {@link Endpoints#resume}, and its tag is free from then on; a tag is reused
 * as late as possible. Thread-safe: the monitor guards the books and nothing else is called while it is held.
 */
final class StalledTransactions {

    private static final int TAGS = 1 << 16;
    private static final long PAGE = -1L << 12;
    /** What makes two records the same request: privilege, kind and direction. */
    private static final long KIND = EventRecord.PNU.mask() | EventRecord.IND.mask() | EventRecord.RNW.mask();

    private enum State {
        UPSTREAM,
        SUPPRESSED,
        HELD,
        WRITING,
        RECORDED
    }

    /** One that waits. Guarded by the monitor, but for what is final. */
    static final class Waiting {
        /** {@link Waiting#tag} of a transaction that could not be made to wait. */
        static final int NO_TAG = -1;

        final int tag;
        private final long begun;
        private final long dw0;
        private final long dw1;
        private final long dw2;
        private final long dw3;
        private final List<Waiting> duplicates = new ArrayList<>();
        private State state = State.HELD;
        private boolean recorded;
        private boolean ended;

        private Waiting(int tag, long begun, long dw0, long dw1, long dw2, long dw3) {
            this.tag = tag;
            this.begun = begun;
            this.dw0 = dw0;
            this.dw1 = dw1 | EventRecord.STAG.of(tag & TAGS - 1);
            this.dw2 = dw2;
            this.dw3 = dw3;
        }

        private int streamId() {
            return EventRecord.STREAM_ID.getInt(dw0);
        }

        private Request request() {
            return new Request(dw0 & ~EventRecord.NUMBER.mask(), dw1 & KIND, dw2 & PAGE);
        }
    }

    private record Request(long who, long kind, long page) {}

    private record End(int streamId, int tag, Resumption outcome) {}

    private final CacheEpoch epoch;
    private final EventRecorder recorder;
    private final Endpoints endpoints;
    private final StallRecording recording;
    private final int most;

    private final Map<Integer, Waiting> byTag = new HashMap<>();
    private final Map<Request, Waiting> firsts = new HashMap<>();
    private final Deque<Waiting> held = new ArrayDeque<>();
    private final Deque<Waiting> upstream = new ArrayDeque<>();
    private int inside;
    private int nextTag;
    private boolean flushing;
    private boolean again;

    /**
     * Nothing waits.
     *
     * @param recorder writes a record; {@link EventRecorder.Outcome#DROPPED} means that it has to be kept
     */
    StalledTransactions(
            Smmuv3Capabilities capabilities,
            CacheEpoch epoch,
            EventRecorder recorder,
            Endpoints endpoints,
            StallRecording recording) {
        this.epoch = epoch;
        this.recorder = recorder;
        this.endpoints = endpoints;
        this.recording = recording;
        this.most = capabilities.stallMax();
    }

    /**
     * Makes a transaction wait. Its record is held back until {@link #flush}.
     *
     * @param begun the epoch before the first read of its translation
     * @param dw1 with Stall, and 0 as STAG
     * @return {@code null} when the epoch moved: translate again; a tag of {@link Waiting#NO_TAG} when all tags are taken
     */
    synchronized @Nullable Waiting hold(long begun, long dw0, long dw1, long dw2, long dw3) {
        if (epoch.now() != begun) {
            return null;
        }
        Waiting waiting = new Waiting(freeTag(), begun, dw0, dw1, dw2, dw3);
        if (waiting.tag == Waiting.NO_TAG) {
            return waiting;
        }
        byTag.put(waiting.tag, waiting);
        if (inside >= most) {
            waiting.state = State.UPSTREAM;
            upstream.addLast(waiting);
        } else {
            admit(waiting);
        }
        return waiting;
    }

    private int freeTag() {
        if (byTag.size() == TAGS) {
            return Waiting.NO_TAG;
        }
        while (byTag.containsKey(nextTag)) {
            nextTag = nextTag + 1 & TAGS - 1;
        }
        int tag = nextTag;
        nextTag = nextTag + 1 & TAGS - 1;
        return tag;
    }

    private void admit(Waiting waiting) {
        inside++;
        if (recording == StallRecording.FIRST_OF_A_PAGE) {
            Waiting first = firsts.putIfAbsent(waiting.request(), waiting);
            if (first != null) {
                waiting.state = State.SUPPRESSED;
                first.duplicates.add(waiting);
                return;
            }
        }
        waiting.state = State.HELD;
        held.addLast(waiting);
    }

    /** Whether the record of a transaction was written. */
    synchronized boolean isRecorded(Waiting waiting) {
        return waiting.recorded;
    }

    /** Writes what is held back, as far as the event queue takes it. No lock is held. */
    void flush() {
        List<End> ends = new ArrayList<>(0);
        for (Waiting next = startWriting(); next != null; next = startWriting()) {
            EventRecorder.Outcome outcome = EventRecorder.Outcome.DROPPED;
            boolean goesOn = false;
            try {
                outcome = recorder.record(next.begun, next.dw0, next.dw1, next.dw2, next.dw3);
            } finally {
                goesOn = endWriting(next, outcome, ends);
            }
            if (!goesOn) {
                break;
            }
        }
        deliver(ends);
    }

    private synchronized @Nullable Waiting startWriting() {
        if (flushing) {
            again = true;
            return null;
        }
        Waiting next = held.pollFirst();
        if (next != null) {
            flushing = true;
            again = false;
            next.state = State.WRITING;
        }
        return next;
    }

    /** Books what became of a record; {@code false} when the queue takes no more. */
    private synchronized boolean endWriting(Waiting waiting, EventRecorder.Outcome outcome, List<End> ends) {
        flushing = false;
        waiting.recorded = outcome == EventRecorder.Outcome.WRITTEN;
        if (waiting.ended) {
            byTag.remove(waiting.tag);
            return true;
        }
        waiting.state = State.RECORDED;
        if (outcome == EventRecorder.Outcome.STALE) {
            end(waiting, Resumption.RETRY, ends);
        } else if (outcome == EventRecorder.Outcome.DROPPED) {
            waiting.state = State.HELD;
            held.addFirst(waiting);
            return again;
        }
        return true;
    }

    /** CMD_RESUME. What does not match is left alone. */
    void resume(int streamId, int tag, Resumption outcome) {
        List<End> ends = new ArrayList<>(1);
        synchronized (this) {
            Waiting waiting = byTag.get(tag);
            if (waiting != null && waiting.streamId() == streamId && isKnown(waiting)) {
                end(waiting, outcome, ends);
            }
        }
        deliver(ends);
        flush();
    }

    /** Whether software can have read the record. */
    private static boolean isKnown(Waiting waiting) {
        return !waiting.ended && (waiting.state == State.RECORDED || waiting.state == State.WRITING);
    }

    /** CMD_STALL_TERM. */
    void terminate(int streamId) {
        abort(waiting -> waiting.streamId() == streamId);
    }

    /** SMMUEN=0, or a reset: the epoch has moved on before. */
    void terminateAll() {
        abort(waiting -> true);
    }

    private void abort(Predicate<Waiting> which) {
        List<End> ends = new ArrayList<>();
        synchronized (this) {
            List<Waiting> found = byTag.values().stream()
                    .filter(waiting -> waiting.state != State.UPSTREAM && !waiting.ended)
                    .filter(which)
                    .toList();
            found.forEach(waiting -> waiting.duplicates.clear());
            found.forEach(waiting -> end(waiting, Resumption.ABORT, ends));
        }
        deliver(ends);
        flush();
    }

    private void end(Waiting waiting, Resumption outcome, List<End> ends) {
        ends.add(new End(waiting.streamId(), waiting.tag, outcome));
        waiting.ended = true;
        if (waiting.state != State.WRITING) {
            byTag.remove(waiting.tag);
        }
        if (waiting.state == State.HELD) {
            held.remove(waiting);
        }
        inside--;
        firsts.remove(waiting.request(), waiting);
        for (Waiting duplicate : waiting.duplicates) {
            end(duplicate, Resumption.RETRY, ends);
        }
        letIn(ends);
    }

    private void letIn(List<End> ends) {
        while (inside < most && !upstream.isEmpty()) {
            Waiting next = upstream.removeFirst();
            if (next.begun == epoch.now()) {
                admit(next);
            } else {
                byTag.remove(next.tag);
                ends.add(new End(next.streamId(), next.tag, Resumption.RETRY));
            }
        }
    }

    private void deliver(List<End> ends) {
        for (End end : ends) {
            endpoints.resume(end.streamId(), end.tag(), end.outcome());
        }
    }
}
