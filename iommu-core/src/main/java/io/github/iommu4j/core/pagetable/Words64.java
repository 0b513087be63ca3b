package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** 64-bit descriptors. */
final class Words64 implements DescriptorWords {

    private static final int CHUNK = 512;

    private final PhysicalMemory memory;
    private final ScratchPool<long[]> scratch = new ScratchPool<>(() -> new long[CHUNK]);

    Words64(PhysicalMemory memory) {
        this.memory = memory;
    }

    @Override
    public long load(long at) {
        return memory.load64(at);
    }

    @Override
    public void store(long at, long word) {
        memory.store64(at, word);
    }

    @Override
    public boolean compareAndSet(long at, long expected, long word) {
        return memory.compareAndSet64(at, expected, word);
    }

    @Override
    public void storeRun(long at, long first, long step, long count) {
        memory.storeRun64(at, first, step, (int) count);
    }

    @Override
    public long matching(long at, long count, BitPattern pattern) {
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
