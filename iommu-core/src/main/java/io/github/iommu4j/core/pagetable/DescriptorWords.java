package io.github.iommu4j.core.pagetable;

/**
 * The words of tables in memory, of one width; a 32-bit word is zero-extended. Two implementations, so that calls stay
 * cheap however many formats are in use.
 */
interface DescriptorWords {

    long load(long at);

    void store(long at, long word);

    boolean compareAndSet(long at, long expected, long word);

    /** Stores {@code first}, {@code first + step}, and so on. */
    void storeRun(long at, long first, long step, long count);

    /** How many words from {@code at} on match, at most {@code count}. */
    long matching(long at, long count, BitPattern pattern);
}
