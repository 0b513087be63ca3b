package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.bits.Log2;
import java.util.ArrayList;
import java.util.List;

/**
 * Exports memory that is scattered over the machine (Linux {@code drivers/dma-buf/heaps/system_heap.c}): the largest
 * pieces the allocator has, of 256 pages, 16 pages or one.
 *
 * <p>Memory is coherent in this model, so looking at a buffer with the CPU needs no preparation.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public final class SystemHeap {

    private static final int[] ORDERS = {8, 4, 0};

    private final DmaBufs dmaBufs;
    private final DmaMapper mapper;
    private final PageAllocator allocator;

    /**
     * A heap.
     *
     * @param dmaBufs where its buffers are exported
     * @param mapper how devices come to its memory
     * @param allocator where its memory comes from
     */
    public SystemHeap(DmaBufs dmaBufs, DmaMapper mapper, PageAllocator allocator) {
        this.dmaBufs = dmaBufs;
        this.mapper = mapper;
        this.allocator = allocator;
    }

    /**
     * Exports new memory, all zeros.
     *
     * @param length bytes, rounded up to whole pages
     * @return the buffer, with one reference
     * @throws IommuException {@code EINVAL} when the length is not positive; {@code ENOMEM} when the allocator has no more;
     *     {@code ENFILE} when there are too many buffers. Nothing stays allocated then.
     */
    public DmaBuf allocate(long length) {
        if (length <= 0 || length > Long.MAX_VALUE - Log2.mask(dmaBufs.pageLg2())) {
            throw new IommuException(Errno.EINVAL, "a buffer of " + length + " bytes");
        }
        long size = Log2.alignDown(length + Log2.mask(dmaBufs.pageLg2()), dmaBufs.pageLg2());
        List<ScatterList.Segment> pieces = new ArrayList<>();
        try {
            allocate(size, pieces);
            return dmaBufs.export(ExportInfo.of("system", size, new HeapBuffer(ScatterList.of(pieces))));
        } catch (IommuException refusal) {
            pieces.forEach(this::free);
            throw refusal;
        }
    }

    private void allocate(long size, List<ScatterList.Segment> pieces) {
        long left = size;
        int choice = 0;
        while (left > 0) {
            long piece = 1L << dmaBufs.pageLg2() + ORDERS[choice];
            if (piece > left || !tryAllocate(piece, choice, pieces)) {
                choice++;
            } else {
                left -= piece;
            }
        }
    }

    /** The last choice fails for good, the others let the next one try. */
    private boolean tryAllocate(long piece, int choice, List<ScatterList.Segment> pieces) {
        try {
            pieces.add(ScatterList.Segment.of(allocator.allocate(piece, piece), piece));
            return true;
        } catch (IommuException none) {
            if (choice == ORDERS.length - 1) {
                throw none;
            }
            return false;
        }
    }

    private void free(ScatterList.Segment piece) {
        allocator.free(piece.page(), piece.length());
    }

    private final class HeapBuffer implements DmaBufOps {

        private final ScatterList memory;

        HeapBuffer(ScatterList memory) {
            this.memory = memory;
        }

        @Override
        public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
            return mapper.map(attachment.device(), memory, direction);
        }

        @Override
        public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {
            mapper.unmap(attachment.device(), list, direction);
        }

        @Override
        public void release() {
            memory.segments().forEach(SystemHeap.this::free);
        }

        @Override
        public boolean hasMmap() {
            return true;
        }

        @Override
        public VmArea mmap(DmaBuf buffer, PageRange range) {
            int pageLg2 = dmaBufs.pageLg2();
            return new VmArea(buffer, new CpuMapping(memory, range.first() << pageLg2, range.count() << pageLg2));
        }

        @Override
        public boolean hasVmap() {
            return true;
        }

        @Override
        public CpuMapping vmap() {
            return new CpuMapping(memory, 0, memory.size());
        }
    }
}
