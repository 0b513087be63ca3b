/** Types and driver SPI of the IOMMU model. */
module io.github.iommu4j.api {
    requires static org.jspecify;

    exports io.github.iommu4j.api.dma;
    exports io.github.iommu4j.api.memory;
}
