/** IOMMUs with Arm VMSAv7 short descriptors: MediaTek's M4U, and a plain ARMv7 unit. */
module io.github.iommu4j.armshort {
    requires transitive io.github.iommu4j.api;
    requires transitive io.github.iommu4j.core;
    requires org.slf4j;
    requires static org.jspecify;

    exports io.github.iommu4j.armshort.driver;
    exports io.github.iommu4j.armshort.hardware;
    exports io.github.iommu4j.armshort.layout;
}
