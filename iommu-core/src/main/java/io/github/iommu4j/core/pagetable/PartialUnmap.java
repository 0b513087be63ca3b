package io.github.iommu4j.core.pagetable;

/** What becomes of a leaf when only a part of it is unmapped. */
public enum PartialUnmap {
    /** It is replaced by a table of smaller leaves without the part (Linux up to 6.12). */
    SPLITS,
    /** Nothing is unmapped, with a warning (Linux 6.13 and later). */
    REFUSED
}
