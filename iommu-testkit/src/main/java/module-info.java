/** Test machine, arbitraries and conformance suites. The test libraries come from its user. */
module io.github.iommu4j.testkit {
    requires transitive io.github.iommu4j.api;
    requires transitive io.github.iommu4j.core;
    requires static net.jqwik.api;
    requires static org.assertj.core;
    requires static org.junit.jupiter.api;
    requires static org.jspecify;

    exports io.github.iommu4j.testkit.arbitraries;
    exports io.github.iommu4j.testkit.assertions;
    exports io.github.iommu4j.testkit.conformance;
    exports io.github.iommu4j.testkit.errata;
    exports io.github.iommu4j.testkit.explore;
    exports io.github.iommu4j.testkit.fault;
    exports io.github.iommu4j.testkit.layout;
    exports io.github.iommu4j.testkit.lock;
    exports io.github.iommu4j.testkit.memory;
    exports io.github.iommu4j.testkit.machine;
}
