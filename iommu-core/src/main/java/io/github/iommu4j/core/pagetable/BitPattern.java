package io.github.iommu4j.core.pagetable;

/**
 * What some bits of a word must be. Immutable.
 *
 * @param mask the bits that matter
 * @param value what they must be, within {@code mask}
 */
public record BitPattern(long mask, long value) {

    /** No word is like this. */
    public static final BitPattern NEVER = new BitPattern(0, 1);

    /**
     * Whether a word is like this.
     *
     * @param word the word
     * @return {@code true} when the bits are as they must be
     */
    public boolean matches(long word) {
        return (word & mask) == value;
    }

    /** Whether a word can be like this and like another pattern at once. */
    boolean overlaps(BitPattern other) {
        return isPossible() && other.isPossible() && (mask & other.mask & (value ^ other.value)) == 0;
    }

    private boolean isPossible() {
        return (value & ~mask) == 0;
    }
}
