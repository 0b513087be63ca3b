package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PageAllocator;

/** Memory that runs short when a test says so; several allocators may share it. For one thread. */
final class Shortage {

    private long left;
    private boolean stays;
    private long refused;

    /** The n-th allocation from now is refused, those after it are not. */
    void once(long n) {
        left = n;
        stays = false;
    }

    /** The n-th allocation from now is refused, and all after it. */
    void from(long n) {
        left = n;
        stays = true;
    }

    /** There is memory again. */
    void end() {
        left = 0;
    }

    /** How many allocations were refused since this was last asked. */
    long takeRefused() {
        long count = refused;
        refused = 0;
        return count;
    }

    /** An allocator that runs short. */
    PageAllocator over(PageAllocator behind) {
        return new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                if (left > 0 && --left == 0) {
                    left = stays ? 1 : 0;
                    refused++;
                    throw new IommuException(Errno.ENOMEM, "this allocation is refused");
                }
                return behind.allocate(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                behind.free(address, size);
            }
        };
    }
}
