package io.github.iommu4j.lab.museum.tipat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufOps;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import java.util.concurrent.atomic.AtomicInteger;

/** Exports given memory, and refuses to map it the first times. */
final class PageExporter implements DmaBufOps {

    private final ScatterList memory;
    private final AtomicInteger refusals;

    /**
     * An exporter.
     *
     * @param memory what is exported
     * @param refusals how many calls that map it fail before one works
     */
    PageExporter(ScatterList memory, int refusals) {
        this.memory = memory;
        this.refusals = new AtomicInteger(refusals);
    }

    @Override
    public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
        if (refusals.getAndDecrement() > 0) {
            throw new IommuException(Errno.EIO, "the exporter does not map " + memory);
        }
        return new DirectMapper().map(attachment.device(), memory, direction);
    }

    @Override
    public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {}

    @Override
    public void release() {}
}
