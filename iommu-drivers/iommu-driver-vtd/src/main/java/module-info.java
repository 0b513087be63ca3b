/** Intel Virtualization Technology for Directed I/O. */
module io.github.iommu4j.vtd {
    requires transitive io.github.iommu4j.api;
    requires transitive io.github.iommu4j.core;
    requires org.slf4j;
    requires static org.jspecify;

    exports io.github.iommu4j.vtd.driver;
    exports io.github.iommu4j.vtd.hardware;
    exports io.github.iommu4j.vtd.layout;
}
