package io.github.iommu4j.lab.verdict;

import java.util.List;
import java.util.Set;

/** What became of one line of a capture. */
public sealed interface RowOutcome {

    /** Our model does what the reference did. */
    RowOutcome AGREED = new Agreed();

    /** See {@link #AGREED}. */
    record Agreed() implements RowOutcome {}

    /**
     * Our model follows the specification where the reference departs from it.
     *
     * @param deviations how
     */
    record Deviates(Set<Departure> deviations) implements RowOutcome {
        /** Copies the set. */
        public Deviates {
            deviations = Set.copyOf(deviations);
        }
    }

    /**
     * The line is not usable as an expectation.
     *
     * @param reason why
     */
    record Skipped(String reason) implements RowOutcome {}

    /**
     * Our model is wrong, or the capture was changed.
     *
     * @param what what differs
     * @param expected what the line says
     * @param actual what our model did
     */
    record Differs(String what, String expected, String actual) implements RowOutcome {}

    /**
     * A line that is no expectation.
     *
     * @param reason why
     * @return the outcome
     */
    static RowOutcome skipped(String reason) {
        return new Skipped(reason);
    }

    /**
     * A line that our model does not confirm.
     *
     * @param what what differs
     * @param expected what the line says
     * @param actual what our model did
     * @return the outcome
     */
    static RowOutcome differs(String what, Object expected, Object actual) {
        return new Differs(what, expected.toString(), actual.toString());
    }

    /**
     * Agreement when nothing had to be explained, otherwise the explanation.
     *
     * @param deviations how the reference departs from the specification
     * @return the outcome
     */
    static RowOutcome explained(List<? extends Departure> deviations) {
        return deviations.isEmpty() ? AGREED : new Deviates(Set.copyOf(deviations));
    }
}
