package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows without the reference what is right. Follows our rows of one sequence, each exactly once and in order. Confined
 * to one thread.
 */
interface RightAnswers {

    /**
     * What is to be said of a row of ours by itself.
     *
     * @param wrong how it contradicts what was answered earlier, or {@code null}
     * @param unjustified why nothing speaks for its answer, or {@code null}; says something only where ours differs from
     *     the reference's
     */
    record Verdict(@Nullable String wrong, @Nullable String unjustified) {
        static final Verdict FINE = new Verdict(null, null);
    }

    /**
     * Follows a row.
     *
     * @param ours our row
     * @param model the model after it, for its table
     * @return what is to be said of it
     */
    Verdict follow(VectorRow ours, SequenceModel model);

    /**
     * Names what is behind a difference.
     *
     * @param recorded the reference's row
     * @param ours our row, which is right
     * @return the defects of the reference; empty when none of them does that
     */
    Set<Erratum> blame(VectorRow recorded, VectorRow ours);
}
