package io.github.iommu4j.core.pagetable;

/** Is shown the leaves of a page table, one descriptor at a time. */
@FunctionalInterface
public interface LeafVisitor {

    /**
     * One descriptor that translates. A group shows each of its descriptors.
     *
     * @param iova first address it translates
     * @param span bytes this descriptor translates
     * @param descriptor the word; a 32-bit one is zero-extended
     * @param pa what {@code iova} is translated to
     */
    void leaf(long iova, long span, long descriptor, long pa);
}
