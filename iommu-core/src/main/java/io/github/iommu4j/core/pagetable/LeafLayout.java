package io.github.iommu4j.core.pagetable;

/**
 * One kind of leaf. Immutable.
 *
 * @param sizeLg2 log2 of the bytes the leaf translates; more than its level's span when the leaf is a group of equal
 *     neighbouring descriptors
 * @param pattern how its descriptor is known
 * @param address where its descriptor keeps the output address
 */
public record LeafLayout(int sizeLg2, BitPattern pattern, AddressField address) {

    /**
     * The bytes the leaf translates.
     *
     * @return a power of two
     */
    public long size() {
        return 1L << sizeLg2;
    }
}
