package io.github.iommu4j.testkit.assertions;

import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions about an exploration. */
public final class ExplorationAssert extends AbstractAssert<ExplorationAssert, Exploration> {

    ExplorationAssert(@Nullable Exploration actual) {
        super(actual, ExplorationAssert.class);
    }

    /**
     * Nothing was found.
     *
     * @return this
     */
    public ExplorationAssert foundNothing() {
        isNotNull();
        Finding found = actual.found();
        if (found != null) {
            throw failure("Expecting nothing to be found but there is%n%s", found.toText());
        }
        return this;
    }

    /**
     * Something of a kind was found.
     *
     * @param kind the kind
     * @return this
     */
    public ExplorationAssert found(Finding.Kind kind) {
        isNotNull();
        Finding found = actual.found();
        if (found == null || found.kind() != kind) {
            throw failure("Expecting %s to be found but there is %s", kind, found == null ? "nothing" : found.toText());
        }
        return this;
    }

    /**
     * Every schedule within the bounds was tried.
     *
     * @return this
     */
    public ExplorationAssert isComplete() {
        isNotNull();
        if (actual.completeness() != Exploration.Completeness.COMPLETE) {
            throw failure("Expecting every schedule to be tried but there were only %s", actual);
        }
        return this;
    }
}
