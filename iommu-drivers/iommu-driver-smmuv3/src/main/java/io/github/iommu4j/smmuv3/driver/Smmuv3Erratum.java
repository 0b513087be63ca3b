package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the arm-smmu-v3 driver, one constant each. Off unless switched on. */
public enum Smmuv3Erratum implements Erratum {
    /** The first level of a stream table is indexed by twice as many words as a descriptor has. */
    STRTAB_INDEX_STRIDE(
            "arm-smmu-v3, Linux 4.2 (2015): writing a first-level descriptor, the driver multiplies the index by the size of an"
                    + " entry of the other level. StreamIDs of the first 256 work, and so do the tests; a device of another PCI"
                    + " bus has its descriptor written somewhere behind, and all its DMA ends with C_BAD_STREAMID. Mended in 4.2's"
                    + " release candidates by a stride of one word."),
    /** STRTAB_BASE_CFG.LOG2SIZE is the size of the first level only. */
    STRTAB_LOG2SIZE_OF_FIRST_LEVEL(
            "arm-smmu-v3, Linux 4.2 (2015): LOG2SIZE of a stream table with two levels is taken from its first level alone,"
                    + " without the StreamID bits that the second level resolves. The SMMU takes every StreamID from"
                    + " 2^(bits-8) on as too large: C_BAD_STREAMID, or silence where RECINVSID is off. Mended by adding the"
                    + " split."),
    /** Prefetch commands are sent to hardware that does not know them. */
    PREFETCH_REGARDLESS(
            "arm-smmu-v3, Linux 4.2 (2015): after writing an entry the driver sends CMD_PREFETCH_CONFIG, a hint that the"
                    + " architecture lets an SMMU ignore. HiSilicon's hi161x stops with CERROR_ILL instead, once for each entry"
                    + " that is written. Mended by an option that firmware sets (hisilicon,broken-prefetch-cmd)."),
    /** The invalidation of a table is told a level, and leaves those of others. */
    LEVEL_HINT_FOR_TABLES(
            "arm-smmu-v3 up to Linux 6.4, where the SMMU has range invalidation: TTL is computed from the page size that"
                    + " io-pgtable gives. For a table that goes it gives the smallest, since it does not look what the table"
                    + " held. An SMMU may keep a block of another level then, and the device goes on reaching it after the"
                    + " memory was given to somebody else. Mended in 6.5 by no hint where tables went."),
    /** The event queue's overflow is seen, but never acknowledged. */
    EVENT_OVERFLOW_UNACKNOWLEDGED(
            "arm-smmu-v3 up to Linux 6.7: having read the event queue, the driver takes the overflow flag over into its copy of"
                    + " CONS and does not write it. Until the next event is read the SMMU believes that nobody knows, and"
                    + " cannot say that it lost more; the PRI queue was written, but always. Mended by writing CONS where the"
                    + " flags differ, for both.");

    private final String story;

    Smmuv3Erratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
