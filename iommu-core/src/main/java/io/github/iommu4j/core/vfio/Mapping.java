package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;

/**
 * One mapping a user made (Linux {@code vfio_dma}), with the memory pinned for it. Guarded by the lock of its {@link
 * Type1}.
 */
final class Mapping {

    /**
     * Physically contiguous pinned pages of one backing.
     *
     * @param offset bytes from the start of the mapping
     * @param first the first page
     * @param pages how many, at least 1
     */
    record Run(long offset, UserMemory.Page first, long pages) {

        long size() {
            return pages * UserMemory.PAGE_SIZE;
        }

        UserMemory.Page page(long index) {
            return new UserMemory.Page(first.pa() + index * UserMemory.PAGE_SIZE, first.backing());
        }

        long lockedPages() {
            return first.backing() == UserMemory.Backing.MEMORY ? pages : 0;
        }
    }

    private final long iova;
    private final Prot prot;
    private final UserProcess process;
    private final boolean privileged;
    private final List<Run> runs = new ArrayList<>();
    private long size;
    private long vaddr;
    private boolean vaddrInvalid;

    Mapping(MapRequest request, UserProcess process) {
        this.iova = request.iova();
        this.vaddr = request.vaddr();
        this.prot = protOf(request.flags());
        this.process = process;
        this.privileged = process.accounting().isPrivileged();
    }

    private static Prot protOf(int flags) {
        Prot readable = (flags & MapRequest.READ) != 0 ? Prot.READ : Prot.NONE;
        return (flags & MapRequest.WRITE) != 0 ? readable.and(Prot.WRITE) : readable;
    }

    long iova() {
        return iova;
    }

    /** Bytes mapped so far. */
    long size() {
        return size;
    }

    /** The last address, inclusive; meaningless while nothing is mapped. */
    long last() {
        return iova + size - 1;
    }

    /** Whether the mapping ends with the address space. */
    boolean endsTheAddressSpace() {
        return size != 0 && iova + size == 0;
    }

    boolean covers(long address) {
        return Long.compareUnsigned(iova, address) <= 0 && Long.compareUnsigned(address, last()) <= 0;
    }

    Prot prot() {
        return prot;
    }

    UserProcess process() {
        return process;
    }

    /** Whether the limit of locked memory does not apply: decided when the mapping was made. */
    boolean isPrivileged() {
        return privileged;
    }

    /** The address in the process of the first byte not mapped yet. */
    long nextVaddr() {
        return vaddr + size;
    }

    List<Run> runs() {
        return runs;
    }

    void grow(Run run) {
        runs.add(run);
        size += run.size();
    }

    boolean isVaddrInvalid() {
        return vaddrInvalid;
    }

    void invalidateVaddr() {
        vaddrInvalid = true;
    }

    void revalidateVaddr() {
        vaddrInvalid = false;
    }

    void moveTo(long newVaddr) {
        vaddr = newVaddr;
        vaddrInvalid = false;
    }

    @Override
    public String toString() {
        return "mapping of 0x" + Long.toHexString(size) + " bytes at 0x" + Long.toHexString(iova);
    }
}
