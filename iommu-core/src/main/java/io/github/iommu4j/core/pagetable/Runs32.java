package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Looks at runs of 32-bit descriptors. */
final class Runs32 {

    private static final int CHUNK = 256;

    private final PhysicalMemory memory;
    private final ScratchPool<int[]> scratch = new ScratchPool<>(() -> new int[CHUNK]);

    Runs32(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** As {@link DescriptorWords#matching}. */
    long matching(long at, long count, BitPattern pattern) {
        int mask = (int) pattern.mask();
        int value = (int) pattern.value();
        if (count == 0 || (memory.load32(at) & mask) != value) {
            return 0;
        }
        if (count == 1) {
            return 1;
        }
        int[] words = scratch.take();
        long done = 0;
        int chunk;
        int same;
        do {
            chunk = (int) Math.min(count - done, CHUNK);
            memory.loadRun32(at + (done << 2), words, chunk);
            same = prefix(words, chunk, mask, value);
            done += same;
        } while (same == chunk && done < count);
        scratch.give(words);
        return done;
    }

    private static int prefix(int[] words, int count, int mask, int value) {
        int different = 0;
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
