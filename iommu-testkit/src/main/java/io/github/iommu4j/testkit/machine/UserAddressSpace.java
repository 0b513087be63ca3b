package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.vfio.UserMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a process: areas that get their page frames, one after the other, when they are first used. Thread-safe.
 */
public final class UserAddressSpace implements UserMemory {

    /** What the process may do with an area. */
    public enum Protection {
        /** Read and write. */
        READ_WRITE,
        /** Read only. */
        READ_ONLY
    }

    /** Memory that is mapped somewhere. */
    private record Area(long start, long size, long objectSize, Protection protection, boolean anonymous) {

        boolean holds(long vaddr) {
            return Long.compareUnsigned(vaddr - start, size) < 0;
        }

        /** The first address at which the same memory appears. */
        long first(long vaddr) {
            return start + Long.remainderUnsigned(vaddr - start, objectSize);
        }
    }

    private final long zeroFrame;
    private final TreeMap<Long, Area> areas = new TreeMap<>(Long::compareUnsigned);
    private final Map<Long, Long> frames = new HashMap<>();
    private long nextFrame;
    private long pinned;

    /**
     * A process without memory.
     *
     * @param firstFrame physical address of the shared page of zeros, a multiple of {@link #PAGE_SIZE}; the frames of
     *     the process follow it
     */
    public UserAddressSpace(long firstFrame) {
        this.zeroFrame = firstFrame;
        this.nextFrame = firstFrame + PAGE_SIZE;
    }

    /**
     * Adds private anonymous memory.
     *
     * @param start first address, a multiple of {@link #PAGE_SIZE}
     * @param size bytes, likewise
     * @param protection what the process may do
     */
    public synchronized void anonymous(long start, long size, Protection protection) {
        areas.put(start, new Area(start, size, size, protection, true));
    }

    /**
     * Adds a shared file, mapped over and over.
     *
     * @param start first address, a multiple of {@link #PAGE_SIZE}
     * @param size bytes, likewise
     * @param fileSize bytes of the file, likewise
     */
    public synchronized void repeatedFile(long start, long size, long fileSize) {
        areas.put(start, new Area(start, size, fileSize, Protection.READ_WRITE, false));
    }

    @Override
    public synchronized Page pin(long vaddr, Intent intent) {
        Page page = fault(vaddr, intent);
        pinned++;
        return page;
    }

    private Page fault(long vaddr, Intent intent) {
        Map.Entry<Long, Area> below = areas.floorEntry(vaddr);
        Area area = below == null ? null : below.getValue();
        boolean writable = area != null && area.protection() == Protection.READ_WRITE;
        if (area == null || !area.holds(vaddr) || intent == Intent.WRITE && !writable) {
            throw new IommuException(Errno.EFAULT, "0x" + Long.toHexString(vaddr) + " cannot be used for " + intent);
        }
        Long frame = frameOf(area.first(vaddr), area.anonymous() && intent == Intent.READ);
        return frame == null ? new Page(zeroFrame, Backing.ZERO_PAGE) : new Page(frame, Backing.MEMORY);
    }

    private @Nullable Long frameOf(long vaddr, boolean zeroWillDo) {
        Long known = frames.get(vaddr);
        if (known == null && !zeroWillDo) {
            known = nextFrame;
            nextFrame += PAGE_SIZE;
            frames.put(vaddr, known);
        }
        return known;
    }

    @Override
    public synchronized void unpin(Page page) {
        pinned--;
    }

    /**
     * Touches memory as the process does when it writes.
     *
     * @param vaddr an address
     * @return its physical address
     * @throws IommuException {@code EFAULT} when there is no memory or it may not be written
     */
    public synchronized long write(long vaddr) {
        long offset = vaddr & PAGE_SIZE - 1;
        return fault(vaddr - offset, Intent.WRITE).pa() + offset;
    }

    /**
     * Touches memory as the process does when it reads.
     *
     * @param vaddr an address
     * @return its physical address; in the page of zeros when it was never written
     * @throws IommuException {@code EFAULT} when there is no memory
     */
    public synchronized long read(long vaddr) {
        long offset = vaddr & PAGE_SIZE - 1;
        return fault(vaddr - offset, Intent.READ).pa() + offset;
    }

    /**
     * How many pins there are: 0 at the end of every test.
     *
     * @return pins without their unpin
     */
    public synchronized long pinned() {
        return pinned;
    }
}
