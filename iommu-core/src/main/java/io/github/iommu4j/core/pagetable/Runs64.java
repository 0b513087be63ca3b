package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Looks at runs of 64-bit descriptors. */
final class Runs64 {

    private static final int CHUNK = 512;

    private final PhysicalMemory memory;
    private final ScratchPool<long[]> scratch = new ScratchPool<>(() -> new long[CHUNK]);

    Runs64(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** As {@link DescriptorWords#matching}. */
    long matching(long at, long count, BitPattern pattern) {
        long mask = pattern.mask();
        long value = pattern.value();
        if (count == 0 || (memory.load64(at) & mask) != value) {
            return 0;
        }
        if (count == 1) {
            return 1;
        }
        long[] words = scratch.take();
        long done = 0;
        int chunk;
        int same;
        do {
            chunk = (int) Math.min(count - done, CHUNK);
            memory.loadRun64(at + (done << 3), words, chunk);
            same = prefix(words, chunk, mask, value);
            done += same;
        } while (same == chunk && done < count);
        scratch.give(words);
        return done;
    }

    private static int prefix(long[] words, int count, long mask, long value) {
        long different = 0;
        for (int i = 0; i < count; i++) {
            different |= words[i] & mask ^ value;
        }
        if (different == 0) {
            return count;
        }
        int same = 0;
        while ((words[same] & mask) == value) {
            same++;
        }
        return same;
    }
}
