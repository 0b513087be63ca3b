package io.github.iommu4j.lab.verdict;

/** A way in which a reference machine, or a reader of its tables, departs from the specification. Immutable. */
public interface Departure {

    /**
     * What it does.
     *
     * @return a name in capitals, unique within its family
     */
    String name();

    /**
     * What the specification says instead.
     *
     * @return where it says so
     */
    String section();
}
