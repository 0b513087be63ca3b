package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;

/**
 * Where a queue is.
 *
 * @param address physical address of its first entry, aligned to its size
 * @param sizeLg2 log2 of the number of entries
 */
record QueueMemory(long address, int sizeLg2) {

    /** Linux takes a smaller queue where memory is short, down to a page. */
    private static final long SMALLEST_WORTH_SHRINKING = 4096;

    /** The least that an allocator gives. */
    private static final long SMALLEST_PIECE = 64;

    /**
     * Takes memory for a queue, or for a smaller one.
     *
     * @param name "cmdq", "evtq" or "priq", for the log
     * @param sizeLg2 log2 of the number of entries wanted
     * @param entryBytes bytes of an entry, a power of two
     * @throws IommuException {@code ENOMEM} when there is not even memory for a small one
     */
    static QueueMemory allocate(StructureParts parts, String name, int sizeLg2, int entryBytes) {
        for (int lg2 = sizeLg2; ; lg2--) {
            long bytes = (long) entryBytes << lg2;
            try {
                long address = parts.structures().allocate(Math.max(bytes, SMALLEST_PIECE));
                parts.print(KernelLog.Level.INFO, "allocated " + (1 << lg2) + " entries for " + name);
                return new QueueMemory(address, lg2);
            } catch (IommuException refusal) {
                if (refusal.errno() != Errno.ENOMEM || bytes < SMALLEST_WORTH_SHRINKING || lg2 == 0) {
                    String size = "0x" + Long.toHexString(bytes);
                    parts.print(KernelLog.Level.ERR, "failed to allocate queue (" + size + " bytes) for " + name);
                    throw refusal;
                }
            }
        }
    }

    /** The value of CMDQ_BASE, EVENTQ_BASE or PRIQ_BASE. */
    long base() {
        return Queue.HINT.mask() | Queue.ADDR.inPlace(address) | Queue.LOG2SIZE.of(sizeLg2);
    }
}
