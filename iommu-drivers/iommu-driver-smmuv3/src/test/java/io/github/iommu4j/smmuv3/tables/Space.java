package io.github.iommu4j.smmuv3.tables;

/** An address space that structures are built in: physical, or intermediate under a stage 2. */
interface Space {

    /** Takes a naturally aligned block; the answer is an address of this space. */
    long allocate(int sizeLg2);

    long physical(long address);

    /** Output addresses of mappings made in this space stay below 2^this. */
    int addressBits();

    /** Makes an output address usable, so far as this space can: maps some place near {@code address}. */
    void offer(long address);
}
