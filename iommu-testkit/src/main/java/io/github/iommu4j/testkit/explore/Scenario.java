package io.github.iommu4j.testkit.explore;

/** What is explored: builds a fresh model, says what tasks do and what must hold. Must do the same in every run. */
@FunctionalInterface
public interface Scenario {

    /**
     * Sets a run up.
     *
     * @param stage where
     */
    void setUp(Stage stage);
}
