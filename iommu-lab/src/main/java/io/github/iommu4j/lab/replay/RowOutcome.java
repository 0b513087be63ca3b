package io.github.iommu4j.lab.replay;

import java.util.List;
import java.util.Set;

/** What became of one line of a capture. */
sealed interface RowOutcome {

    /** Our model does what the reference did. */
    RowOutcome AGREED = new Agreed();

    /** See {@link #AGREED}. */
    record Agreed() implements RowOutcome {}

    /** Our model follows the specification where the reference departs from it. */
    record Deviates(Set<ReferenceDeviation> deviations) implements RowOutcome {
        public Deviates {
            deviations = Set.copyOf(deviations);
        }
    }

    /** The line is not usable as an expectation. */
    record Skipped(String reason) implements RowOutcome {}

    /** Our model is wrong, or the capture was changed. */
    record Differs(String what, String expected, String actual) implements RowOutcome {}

    static RowOutcome skipped(String reason) {
        return new Skipped(reason);
    }

    static RowOutcome differs(String what, Object expected, Object actual) {
        return new Differs(what, expected.toString(), actual.toString());
    }

    /** Agreement when nothing had to be explained, otherwise the explanation. */
    static RowOutcome explained(List<ReferenceDeviation> deviations) {
        return deviations.isEmpty() ? AGREED : new Deviates(Set.copyOf(deviations));
    }
}
