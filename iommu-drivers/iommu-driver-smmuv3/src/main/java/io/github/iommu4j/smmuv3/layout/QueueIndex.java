package io.github.iommu4j.smmuv3.layout;

import io.github.iommu4j.core.bits.Log2;

/**
 * Index arithmetic of a queue of a given size (IHI 0070 §3.5.1): the low {@code sizeLg2} bits are the index, the next
 * bit is the wrap flag, everything above is ignored. Immutable.
 *
 * @param sizeLg2 log2 of the number of entries, 0 to 19
 */
public record QueueIndex(int sizeLg2) {

    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException when the size is not a queue's
     */
    public QueueIndex {
        if (sizeLg2 < 0 || sizeLg2 > 19) {
            throw new IllegalArgumentException("a queue has 2^0 to 2^19 entries, not 2^" + sizeLg2);
        }
    }

    /**
     * How many entries there are.
     *
     * @return 1 to 2<sup>19</sup>
     */
    public int capacity() {
        return 1 << sizeLg2;
    }

    /**
     * The entry that an index register names.
     *
     * @param register PROD or CONS
     * @return 0 to {@link #capacity()}-1
     */
    public int index(int register) {
        return register & (int) Log2.mask(sizeLg2);
    }

    /**
     * Index and wrap flag, without what stands above them.
     *
     * @param register PROD or CONS
     * @return the low {@code sizeLg2 + 1} bits
     */
    public int position(int register) {
        return register & (int) Log2.mask(sizeLg2 + 1);
    }

    /**
     * The position after an entry.
     *
     * @param register PROD or CONS
     * @return index and wrap flag, nothing above them
     */
    public int next(int register) {
        return position(register + 1);
    }

    /**
     * Whether nothing is queued.
     *
     * @param prod PROD
     * @param cons CONS
     * @return {@code true} when index and wrap flag are equal
     */
    public boolean isEmpty(int prod, int cons) {
        return used(prod, cons) == 0;
    }

    /**
     * Whether no entry is free.
     *
     * @param prod PROD
     * @param cons CONS
     * @return {@code true} when the indexes are equal and the wrap flags differ
     */
    public boolean isFull(int prod, int cons) {
        return used(prod, cons) == capacity();
    }

    /**
     * Whether software kept to the rules: CONS is not ahead of PROD, and PROD not more than the queue ahead of CONS.
     *
     * @param prod PROD
     * @param cons CONS
     * @return {@code true} when the pair is one that a queue can be in
     */
    public boolean isConsistent(int prod, int cons) {
        return used(prod, cons) <= capacity();
    }

    /**
     * How many entries are queued.
     *
     * @param prod PROD
     * @param cons CONS
     * @return 0 to {@link #capacity()}; more when the pair is not consistent
     */
    public int used(int prod, int cons) {
        return position(prod - cons);
    }
}
