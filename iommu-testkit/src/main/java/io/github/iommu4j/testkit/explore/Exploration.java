package io.github.iommu4j.testkit.explore;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of an exploration.
 *
 * @param schedules how many runs there were
 * @param equal how many of them were given up because an equal one had been seen
 * @param steps how many steps all runs made together
 * @param completeness whether anything is left to try
 * @param nanos how long it took
 * @param found what was broken, if anything
 */
public record Exploration(
        long schedules,
        long equal,
        long steps,
        Completeness completeness,
        long nanos,
        @Nullable Finding found) {

    /** Whether anything is left to try. */
    public enum Completeness {
        /** Every schedule within the bounds was tried. */
        COMPLETE,
        /** A limit on the number of schedules, or a finding, ended it. */
        PARTIAL
    }

    /**
     * What was broken.
     *
     * @return the finding, empty when there is none
     */
    public Optional<Finding> finding() {
        return Optional.ofNullable(found);
    }

    /**
     * Fails when something was found.
     *
     * @return this
     * @throws AssertionError with the finding's table
     */
    public Exploration requireNothingFound() {
        if (found != null) {
            throw new AssertionError(found.toText(), found.cause());
        }
        return this;
    }

    /**
     * Fails when nothing was found.
     *
     * @return the finding
     * @throws AssertionError when there is none
     */
    public Finding requireFinding() {
        if (found == null) {
            throw new AssertionError("nothing was found in " + this);
        }
        return found;
    }

    @Override
    public String toString() {
        return String.format(
                "%d schedules, %d steps, %.1f ms, %s%s",
                schedules, steps, nanos / 1e6, completeness, found == null ? "" : ", found " + found.kind());
    }
}
