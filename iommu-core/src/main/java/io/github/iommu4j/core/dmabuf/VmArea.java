package io.github.iommu4j.core.dmabuf;

/**
 * A buffer in a user's address space (Linux {@code struct vm_area_struct}). As long as it is mapped it holds a reference
 * to the buffer whose file stands behind it, which need not be the buffer the user asked: a re-exporter hands the
 * request on.
 *
 * <p>Not thread-safe.
 */
public final class VmArea implements AutoCloseable {

    private final DmaBuf file;
    private final CpuMapping pages;
    private boolean mapped = true;

    /**
     * Maps a buffer, with a reference to it.
     *
     * @param file the buffer
     * @param pages its pages
     */
    public VmArea(DmaBuf file, CpuMapping pages) {
        file.get();
        this.file = file;
        this.pages = pages;
    }

    /**
     * The buffer behind it.
     *
     * @return the buffer that has the pages
     */
    public DmaBuf file() {
        return file;
    }

    /**
     * What is mapped.
     *
     * @return the pages, in order
     */
    public CpuMapping pages() {
        return pages;
    }

    /** Unmaps it (Linux {@code munmap}), once however often it is called. */
    @Override
    public void close() {
        if (mapped) {
            mapped = false;
            file.put();
        }
    }
}
