/** Texas Instruments' page-based address translator (PAT), and the DMA-BUF re-exporter over it. */
module io.github.iommu4j.tipat {
    requires transitive io.github.iommu4j.api;
    requires transitive io.github.iommu4j.core;
    requires static org.jspecify;

    exports io.github.iommu4j.tipat.driver;
    exports io.github.iommu4j.tipat.hardware;
    exports io.github.iommu4j.tipat.layout;
}
