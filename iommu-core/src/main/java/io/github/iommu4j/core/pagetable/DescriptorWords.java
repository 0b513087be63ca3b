package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * The words of tables in memory, all of one width; a 32-bit word is zero-extended. The width is a condition and not two
 * classes: loads are the hottest thing there is, and this is cheaper than finding out which class it is.
 */
final class DescriptorWords {

    private static final long LOW_HALF = 0xFFFF_FFFFL;

    final PhysicalMemory memory;
    final boolean wide;

    private final Runs64 runs64;
    private final Runs32 runs32;

    DescriptorWords(PhysicalMemory memory, int wordBytes) {
        this.memory = memory;
        this.wide = wordBytes == Long.BYTES;
        this.runs64 = new Runs64(memory);
        this.runs32 = new Runs32(memory);
    }

    long load(long at) {
        return load(memory, wide, at);
    }

    /** The same for a loop that keeps what it needs in variables, since every load makes it look at fields again. */
    static long load(PhysicalMemory memory, boolean wide, long at) {
        return wide ? memory.load64(at) : memory.load32(at) & LOW_HALF;
    }

    void store(long at, long word) {
        if (wide) {
            memory.store64(at, word);
        } else {
            memory.store32(at, (int) word);
        }
    }

    boolean compareAndSet(long at, long expected, long word) {
        return wide
                ? memory.compareAndSet64(at, expected, word)
                : memory.compareAndSet32(at, (int) expected, (int) word);
    }

    /** Stores {@code first}, {@code first + step}, and so on. */
    void storeRun(long at, long first, long step, long count) {
        if (wide) {
            memory.storeRun64(at, first, step, (int) count);
        } else {
            memory.storeRun32(at, (int) first, (int) step, (int) count);
        }
    }

    /** How many words from {@code at} on match, at most {@code count}. */
    long matching(long at, long count, BitPattern pattern) {
        return wide ? runs64.matching(at, count, pattern) : runs32.matching(at, count, pattern);
    }
}
