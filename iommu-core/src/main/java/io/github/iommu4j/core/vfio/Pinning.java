package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.trace.KernelLog;

/** Pins and unpins a process's memory for mappings, and keeps the process's account of it. */
final class Pinning {

    private final KernelRelease release;
    private final KernelLog log;

    Pinning(KernelRelease release, KernelLog log) {
        this.release = release;
        this.log = log;
    }

    /**
     * Pins the physically contiguous pages that come next in a mapping.
     *
     * @param mapping grows by the result later
     * @param size bytes still wanted, a multiple of the page size, not 0
     * @return at least one page
     * @throws IommuException {@code EFAULT} or {@code ENOMEM}; nothing of this call is pinned then
     */
    Mapping.Run pinNext(Mapping mapping, long size) {
        UserMemory memory = mapping.process().memory();
        UserMemory.Page first = memory.pin(mapping.nextVaddr(), intent(mapping));
        Mapping.Run run = new Mapping.Run(mapping.size(), first, 1);
        try {
            checkLimit(mapping, run);
            while (run.size() != size) {
                UserMemory.Page next = memory.pin(mapping.nextVaddr() + run.size(), intent(mapping));
                if (!next.equals(run.page(run.pages()))) {
                    memory.unpin(next);
                    break;
                }
                run = new Mapping.Run(run.offset(), first, run.pages() + 1);
                checkLimit(mapping, run);
            }
        } catch (IommuException refusal) {
            letGo(memory, run);
            throw refusal;
        }
        mapping.process().accounting().add(run.lockedPages());
        return run;
    }

    private UserMemory.Intent intent(Mapping mapping) {
        if (mapping.prot().includes(Prot.WRITE)) {
            return UserMemory.Intent.WRITE;
        }
        return release.countsUntouchedReadOnlyMemory() ? UserMemory.Intent.READ_OWN : UserMemory.Intent.READ;
    }

    private void checkLimit(Mapping mapping, Mapping.Run run) {
        MemoryAccounting accounting = mapping.process().accounting();
        if (mapping.isPrivileged() || run.lockedPages() == 0) {
            return;
        }
        long limit = accounting.limitPages();
        if (Long.compareUnsigned(accounting.lockedPages() + run.lockedPages(), limit) > 0) {
            long bytes = limit * UserMemory.PAGE_SIZE;
            log.print(KernelLog.Level.WARNING, "vfio_pin_pages_remote: RLIMIT_MEMLOCK (" + bytes + ") exceeded");
            throw new IommuException(Errno.ENOMEM, mapping + " would lock more than " + bytes + " bytes");
        }
    }

    private static void letGo(UserMemory memory, Mapping.Run run) {
        for (long i = 0; i < run.pages(); i++) {
            memory.unpin(run.page(i));
        }
    }

    /** Lets the pages of a run go. */
    void unpin(Mapping mapping, Mapping.Run run) {
        letGo(mapping.process().memory(), run);
        mapping.process().accounting().add(-run.lockedPages());
    }
}
