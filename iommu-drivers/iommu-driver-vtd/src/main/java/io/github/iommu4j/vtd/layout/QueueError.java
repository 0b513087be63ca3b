package io.github.iommu4j.vtd.layout;

/** IQERCD_REG.IQEI: why the invalidation queue stopped (Intel VT-d §6.5.2.10). Constants are in the order of the code. */
public enum QueueError {
    /** 0: no information. */
    NONE,
    /** 1: the tail lies outside the queue. */
    TAIL,
    /** 2: the descriptor could not be fetched. */
    FETCH,
    /** 3: no such type, or not in this unit or this width. */
    TYPE,
    /** 4: a reserved field is not zero, or a field has a value that it may not have. */
    RESERVED,
    /** 5: IQA_REG.DW does not go with what the unit supports or with the table mode. */
    WIDTH,
    /** 6: the tail is not a multiple of 32 with descriptors of 256 bits. */
    TAIL_ALIGNMENT,
    /** 7: RTADDR_REG.TTM is not valid. */
    TABLE_MODE
}
