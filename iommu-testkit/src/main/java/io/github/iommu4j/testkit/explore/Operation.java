package io.github.iommu4j.testkit.explore;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a task does next.
 *
 * @param object number of what is acted on, the same in every run; {@link #NOTHING} for nothing that others share, {@link
 *     #ANYTHING} for what the stage does not know
 * @param effect whether others can notice
 * @param label for tables, such as {@code lock &group->mutex}
 * @param enabled whether the task can go on now
 * @param blocker who it waits for, for reports
 */
record Operation(int object, Effect effect, String label, BooleanSupplier enabled, Blocker blocker) {

    /** Stands for no object. */
    static final int NOTHING = -1;
    /** Stands for whatever tasks share without the stage's knowledge. */
    static final int ANYTHING = -2;

    /** Whether an operation changes its object. */
    enum Effect {
        READS,
        CHANGES,
        /** Lets others go first, as a loop that polls does. */
        RELAXES
    }

    /** Whom a blocked task waits for. */
    @FunctionalInterface
    interface Blocker {

        /**
         * The task that would have to act.
         *
         * @return {@code null} when any task may be meant
         */
        @Nullable
        Task get();
    }

    /** One that never has to wait. */
    static Operation of(int object, Effect effect, String label) {
        return new Operation(object, effect, label, () -> true, () -> null);
    }

    boolean isEnabled() {
        return enabled.getAsBoolean();
    }

    /** Whether the two could change places with nobody noticing. */
    boolean isIndependentOf(Operation other) {
        if (object == NOTHING || other.object == NOTHING) {
            return true;
        }
        boolean same = object == other.object || object == ANYTHING || other.object == ANYTHING;
        return !same || effect == Effect.READS && other.effect == Effect.READS;
    }
}
