package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.Translation;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DmaJob} on its way through a device. Changed by the thread that steps the device; read it from there, or when that
 * has stopped.
 */
public final class DmaTransfer {

    /** How far it is. */
    public enum State {
        /** It goes on with the next step of the device. */
        RUNNING,
        /** It waits for the answer to its page requests. */
        WAITING_FOR_PAGES,
        /** It waits for the end of a stall. */
        STALLED,
        /** Everything is done. */
        DONE,
        /** It ended before everything was done. */
        FAILED
    }

    private final DmaJob job;
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private State state = State.RUNNING;
    private int segment;
    private int offset;
    private long bytes;
    private int tries;
    private int waitsFor;
    private byte @Nullable [] held;
    private Translation.@Nullable Fault fault;
    private String reason = "";

    DmaTransfer(DmaJob job) {
        this.job = job;
        skipEmpty();
    }

    /**
     * How far it is.
     *
     * @return the state
     */
    public State state() {
        return state;
    }

    /**
     * Whether it has ended, one way or the other.
     *
     * @return {@code true} when no step changes it any more
     */
    public boolean isEnded() {
        return state == State.DONE || state == State.FAILED;
    }

    /**
     * What was read so far, one segment behind the other.
     *
     * @return a copy
     */
    public byte[] data() {
        return read.toByteArray();
    }

    /**
     * How much of the scatter list is done, pieces that were skipped included.
     *
     * @return bytes
     */
    public long bytesDone() {
        return bytes;
    }

    /**
     * The last fault.
     *
     * @return empty when no access was refused
     */
    public Optional<Translation.Fault> fault() {
        return Optional.ofNullable(fault);
    }

    /**
     * Why it failed.
     *
     * @return for people; empty unless {@link State#FAILED}
     */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return state + " after " + bytes + " bytes" + (reason.isEmpty() ? "" : ": " + reason);
    }

    DmaJob job() {
        return job;
    }

    DmaSegment current() {
        return job.segments().get(segment);
    }

    /** Bytes of the current segment that are done. */
    int offset() {
        return offset;
    }

    /** What a copy has read and not written yet. */
    byte @Nullable [] held() {
        return held;
    }

    void hold(byte[] piece) {
        held = piece;
        tries = 0;
    }

    void append(byte[] piece) {
        read.writeBytes(piece);
    }

    /** A piece is done. */
    void advance(int length) {
        held = null;
        tries = 0;
        offset += length;
        bytes += length;
        skipEmpty();
    }

    private void skipEmpty() {
        while (segment < job.segments().size() && offset >= current().length()) {
            segment++;
            offset = 0;
        }
        if (segment == job.segments().size()) {
            state = State.DONE;
        }
    }

    /** Counts a try at the current piece. */
    void tried() {
        tries++;
    }

    /** How often the current piece was tried. */
    int tries() {
        return tries;
    }

    void refused(Translation.Fault by) {
        fault = by;
    }

    void fail(String why) {
        state = State.FAILED;
        reason = why;
    }

    /** Waits for what a number names: a group's index or a stall's tag. */
    void waitFor(State how, int name) {
        state = how;
        waitsFor = name;
    }

    int waitsFor() {
        return waitsFor;
    }

    void goOn() {
        state = State.RUNNING;
    }
}
