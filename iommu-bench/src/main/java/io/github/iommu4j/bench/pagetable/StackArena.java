package io.github.iommu4j.bench.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.Arrays;

/**
 * The allocator the kernel's code was measured with: a pointer that moves up, and for each size a stack of what came
 * back. Tables are zeroed when they are given out. Confined to one thread.
 */
final class StackArena implements PageAllocator {

    private final PhysicalMemory memory;
    private final long end;
    private long next;
    private final long[][] freed = new long[Long.SIZE][16];
    private final int[] count = new int[Long.SIZE];

    StackArena(PhysicalMemory memory, long base, long size) {
        this.memory = memory;
        this.next = base;
        this.end = base + size;
    }

    @Override
    public long allocate(long size, long alignment) {
        int sizeLg2 = Long.numberOfTrailingZeros(size);
        long address;
        if (count[sizeLg2] != 0) {
            address = freed[sizeLg2][--count[sizeLg2]];
        } else {
            address = next + alignment - 1 & -alignment;
            if (address + size > end) {
                throw new IommuException(Errno.ENOMEM, "the arena is used up");
            }
            next = address + size;
        }
        memory.storeRun64(address, 0, 0, (int) (size / Long.BYTES));
        return address;
    }

    @Override
    public void free(long address, long size) {
        int sizeLg2 = Long.numberOfTrailingZeros(size);
        if (count[sizeLg2] == freed[sizeLg2].length) {
            freed[sizeLg2] = Arrays.copyOf(freed[sizeLg2], 2 * count[sizeLg2]);
        }
        freed[sizeLg2][count[sizeLg2]++] = address;
    }
}
