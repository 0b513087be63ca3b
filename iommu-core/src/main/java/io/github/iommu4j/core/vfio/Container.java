package io.github.iommu4j.core.vfio;

/** An open container file. */
@SuppressWarnings("DoNotCallSuggester")
public final class Container implements ContainerFile {

    Container() {}

    /** VFIO_GET_API_VERSION. */
    public int apiVersion() {
        return 0;
    }

    /** VFIO_CHECK_EXTENSION. */
    public int checkExtension(int extension) {
        throw new UnsupportedOperationException();
    }

    /** VFIO_SET_IOMMU. */
    public void setIommu(int type) {}

    /** VFIO_IOMMU_GET_INFO. */
    public IommuInfo getInfo(int argsz) {
        throw new UnsupportedOperationException();
    }

    /** VFIO_IOMMU_MAP_DMA. */
    public void mapDma(MapRequest request) {}

    /** VFIO_IOMMU_UNMAP_DMA. */
    public UnmapResult unmapDma(UnmapRequest request) {
        throw new UnsupportedOperationException();
    }

    /** VFIO_IOMMU_DIRTY_PAGES. */
    public DirtyBitmap dirtyPages(DirtyRequest request) {
        throw new UnsupportedOperationException();
    }

    /** Closes the file. */
    public void close() {}
}
