/** Arm System MMU architecture version 3. */
module io.github.iommu4j.smmuv3 {
    requires transitive io.github.iommu4j.api;
    requires transitive io.github.iommu4j.core;
    requires org.slf4j;
    requires static org.jspecify;

    exports io.github.iommu4j.smmuv3.driver;
    exports io.github.iommu4j.smmuv3.hardware;
    exports io.github.iommu4j.smmuv3.layout;
}
