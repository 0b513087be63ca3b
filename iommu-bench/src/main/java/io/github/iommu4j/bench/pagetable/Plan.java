package io.github.iommu4j.bench.pagetable;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A workload that has not been set up yet.
 *
 * @param figures what it measures
 * @param setUp makes its table and gives one run of it
 */
record Plan(List<Figure> figures, Function<List<Clock>, Runnable> setUp) {

    /**
     * One number of the result.
     *
     * @param name its name
     * @param operations how many operations one run has
     */
    record Figure(String name, long operations) {}

    /** The names of its figures. */
    Stream<String> names() {
        return figures.stream().map(Figure::name);
    }

    static Plan of(Function<List<Clock>, Runnable> setUp, Figure... figures) {
        return new Plan(Arrays.asList(figures), setUp);
    }
}
