package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;

/**
 * The DMA-BUFs of one kernel: where buffers are exported, and who counts them. Nothing is shared between two of these.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread. Lock order: {@code dmabuf_list_mutex}, then
 * reservation locks.
 */
public final class DmaBufs {

    /** A re-exporter takes its own reservation lock, then its parent's, and lockdep knows eight subclasses. */
    private static final int DEEPEST = 7;

    private static final LockClass LIST_CLASS = new LockClass("dmabuf_list_mutex");

    private final Locking locking;
    private final KernelLog log;
    private final int pageLg2;
    private final Mutex listMutex;
    /** Guarded by {@link #listMutex}. */
    private final List<DmaBuf> list = new ArrayList<>();
    /** Guarded by {@link #listMutex}. */
    private int mostFiles = Integer.MAX_VALUE;

    /**
     * A kernel without buffers.
     *
     * @param locking where locks come from
     * @param log takes what goes wrong
     * @param pageLg2 log2 of the kernel's page size in bytes: 12, 14 or 16 on Arm
     * @throws IllegalArgumentException when no page is that large
     */
    public DmaBufs(Locking locking, KernelLog log, int pageLg2) {
        if (pageLg2 < 10 || pageLg2 > 30) {
            throw new IllegalArgumentException("no kernel has pages of 2^" + pageLg2 + " bytes");
        }
        this.locking = locking;
        this.log = log;
        this.pageLg2 = pageLg2;
        this.listMutex = locking.mutex(LIST_CLASS);
    }

    /**
     * Where locks come from.
     *
     * @return as given
     */
    public Locking locking() {
        return locking;
    }

    /**
     * The kernel's log.
     *
     * @return as given
     */
    public KernelLog log() {
        return log;
    }

    /**
     * The kernel's page size.
     *
     * @return log2 of bytes
     */
    public int pageLg2() {
        return pageLg2;
    }

    /**
     * Limits how many buffers may be there (Linux {@code fs.file-max}: each is a file).
     *
     * @param most 0 or more
     */
    public void limitFiles(int most) {
        listMutex.lock();
        try {
            mostFiles = most;
        } finally {
            listMutex.unlock();
        }
    }

    /**
     * Makes a buffer of what an exporter has ({@code dma_buf_export}).
     *
     * @param info what the exporter says of it
     * @return the buffer, with one reference, which is the caller's
     * @throws IommuException {@code ENFILE} when there are too many; {@code EINVAL} for a buffer that was exported once
     *     more more than seven times. The exporter keeps what it has.
     */
    public DmaBuf export(ExportInfo info) {
        DmaBuf parent = info.parent();
        int depth = parent == null ? 0 : parent.depth() + 1;
        if (depth > DEEPEST) {
            throw new IommuException(Errno.EINVAL, parent + " was exported once more " + DEEPEST + " times already");
        }
        listMutex.lock();
        try {
            if (list.size() >= mostFiles) {
                throw new IommuException(
                        Errno.ENFILE, list.size() + " buffers are exported, the limit is " + mostFiles);
            }
            DmaBuf buffer = new DmaBuf(this, info, depth);
            list.add(buffer);
            return buffer;
        } finally {
            listMutex.unlock();
        }
    }

    void remove(DmaBuf buffer) {
        listMutex.lock();
        try {
            list.remove(buffer);
        } finally {
            listMutex.unlock();
        }
    }

    /**
     * The buffers that are there.
     *
     * @return a snapshot, oldest first
     */
    public List<DmaBuf> buffers() {
        listMutex.lock();
        try {
            return List.copyOf(list);
        } finally {
            listMutex.unlock();
        }
    }

    /**
     * Counts what is in use, as the kernel's {@code dma_buf/bufinfo} does.
     *
     * @return the sums over all buffers that are there
     */
    public DmaBufCensus census() {
        listMutex.lock();
        try {
            return list.stream().map(DmaBuf::census).reduce(DmaBufCensus.NOTHING, DmaBufCensus::plus);
        } finally {
            listMutex.unlock();
        }
    }
}
