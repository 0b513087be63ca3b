package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.core.dmabuf.CpuMapping;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufOps;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ExportInfo;
import io.github.iommu4j.core.dmabuf.PageRange;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.VmArea;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Exports given memory, writes down what it is asked, and fails as planned. */
final class ScatteredExporter implements DmaBufOps {

    private static final int PAGE_LG2 = 12;

    private final ScatterList memory;
    private final Faults faults;
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());

    ScatteredExporter(ScatterList memory, Faults faults) {
        this.memory = memory;
        this.faults = faults;
    }

    DmaBuf export(DmaBufs dmaBufs) {
        return export(dmaBufs, memory.size());
    }

    DmaBuf export(DmaBufs dmaBufs, long size) {
        return dmaBufs.export(ExportInfo.of("scattered", size, this));
    }

    private void call(String name) {
        calls.add(name);
        faults.mayFail(name);
    }

    @Override
    public void attach(DmaBufAttachment attachment) {
        call("attach " + attachment.device().name());
    }

    @Override
    public void detach(DmaBufAttachment attachment) {
        calls.add("detach " + attachment.device().name());
    }

    @Override
    public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
        call("map " + direction);
        return memory.isMapped() ? memory : new DirectMapper().map(attachment.device(), memory, direction);
    }

    @Override
    public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {
        calls.add("unmap " + direction);
    }

    @Override
    public void release() {
        calls.add("release");
    }

    @Override
    public void beginCpuAccess(DmaDirection direction) {
        call("begin " + direction);
    }

    @Override
    public void endCpuAccess(DmaDirection direction) {
        call("end " + direction);
    }

    @Override
    public boolean hasMmap() {
        return true;
    }

    @Override
    public VmArea mmap(DmaBuf buffer, PageRange range) {
        call("mmap");
        return new VmArea(buffer, new CpuMapping(memory, range.first() << PAGE_LG2, range.count() << PAGE_LG2));
    }

    @Override
    public boolean hasVmap() {
        return true;
    }

    @Override
    public CpuMapping vmap() {
        call("vmap");
        return new CpuMapping(memory, 0, memory.size());
    }

    @Override
    public void vunmap(CpuMapping mapping) {
        calls.add("vunmap");
    }
}
