package io.github.iommu4j.armshort.hardware;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Range invalidations that were started and have not finished, oldest first, and CPE_DONE. Not thread-safe: guarded by
 * the {@link Translator}'s monitor.
 */
final class RangeInvalidations {

    /** What may be under way at a time; the write that starts one more finishes the oldest first. */
    static final int DEPTH = 16;

    private final ArrayDeque<Range> running = new ArrayDeque<>();
    private int done;

    /**
     * A range under way.
     *
     * @param match what it names; {@code null} when no cache was selected
     */
    record Range(@Nullable TlbMatch match) {}

    /** Starts one; gives what must be finished to make room for it. */
    @Nullable
    Range start(Range range) {
        Range oldest = running.size() == DEPTH ? finish() : null;
        running.add(range);
        return oldest;
    }

    /** Finishes the oldest: CPE_DONE becomes 1. */
    @Nullable
    Range finish() {
        Range range = running.poll();
        if (range != null) {
            done = 1;
        }
        return range;
    }

    /** Everything was invalidated: what is under way has nothing left to do, and tells nobody. */
    void overtaken() {
        running.clear();
    }

    int done() {
        return done;
    }

    void done(int value) {
        done &= value;
    }

    void reset() {
        running.clear();
        done = 0;
    }
}
