/** The kernel half's core and its toolboxes. */
module io.github.iommu4j.core {
    requires transitive io.github.iommu4j.api;
    requires org.slf4j;
    requires static org.jspecify;

    exports io.github.iommu4j.core;
    exports io.github.iommu4j.core.bits;
    exports io.github.iommu4j.core.cache;
    exports io.github.iommu4j.core.device;
    exports io.github.iommu4j.core.dmabuf;
    exports io.github.iommu4j.core.driver;
    exports io.github.iommu4j.core.fault;
    exports io.github.iommu4j.core.iommufd;
    exports io.github.iommu4j.core.lock;
    exports io.github.iommu4j.core.lockdep;
    exports io.github.iommu4j.core.memory;
    exports io.github.iommu4j.core.pagetable;
    exports io.github.iommu4j.core.pagetable.arm;
    exports io.github.iommu4j.core.pagetable.intel;
    exports io.github.iommu4j.core.queue;
    exports io.github.iommu4j.core.topology;
    exports io.github.iommu4j.core.trace;
    exports io.github.iommu4j.core.vfio;
}
