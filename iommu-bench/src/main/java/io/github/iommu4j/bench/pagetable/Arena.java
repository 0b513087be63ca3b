package io.github.iommu4j.bench.pagetable;

import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;

/** Where tables come from. */
enum Arena {
    /** From stacks, as in the measurement of the kernel's code. */
    STACK {
        @Override
        PageAllocator over(PhysicalMemory memory) {
            return new StackArena(memory, BASE, SIZE);
        }
    },
    /** From the library's own allocator, which finds the lowest free place and takes a lock. */
    LOWEST {
        @Override
        PageAllocator over(PhysicalMemory memory) {
            return new ArenaAllocator(memory, BASE, SIZE, new PlainLocking());
        }
    };

    private static final long BASE = 0x8000_0000L;
    private static final long SIZE = 1L << 30;

    abstract PageAllocator over(PhysicalMemory memory);
}
