/** Types and driver SPI of the IOMMU model. */
module io.github.iommu4j.api {
    requires static org.jspecify;

    exports io.github.iommu4j.api;
    exports io.github.iommu4j.api.device;
    exports io.github.iommu4j.api.dma;
    exports io.github.iommu4j.api.driver;
    exports io.github.iommu4j.api.fault;
    exports io.github.iommu4j.api.lock;
    exports io.github.iommu4j.api.memory;
}
