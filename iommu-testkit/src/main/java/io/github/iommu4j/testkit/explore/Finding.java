package io.github.iommu4j.testkit.explore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something an interleaving breaks.
 *
 * @param kind what kind of thing
 * @param description what is wrong, in one or more lines
 * @param schedule the schedule that shows it
 * @param dropped numbers of the scenario's parts that were left out
 * @param tasks the tasks' names
 * @param trace every step of it
 * @param cause what was thrown, if something was
 */
public record Finding(
        Kind kind,
        String description,
        Schedule schedule,
        List<Integer> dropped,
        List<String> tasks,
        List<Step> trace,
        @Nullable Throwable cause) {

    /** What can be found. */
    public enum Kind {
        /** Tasks wait for each other in a circle. */
        DEADLOCK,
        /** A task waits for what nobody will do any more. */
        LOST_WAKE_UP,
        /** An invariant does not hold after a step. */
        INVARIANT,
        /** A task throws. */
        EXCEPTION,
        /** The check at the end fails. */
        FINAL_CHECK,
        /** A task ends with locks held. */
        LEAK,
        /** The lock validator reports. */
        LOCK_REPORT,
        /** A run does not end. */
        LIVELOCK
    }

    /** Copies the lists. */
    public Finding {
        dropped = List.copyOf(dropped);
        tasks = List.copyOf(tasks);
        trace = List.copyOf(trace);
    }

    /**
     * The finding with a table of the interleaving, a column a task, and how to replay it.
     *
     * @return lines, each ended by a line feed
     */
    public String toText() {
        return InterleavingTable.of(this);
    }
}
