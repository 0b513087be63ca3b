package io.github.iommu4j.smmuv3.driver;

/** What an SMMU reads of a 64-byte structure: which of its bits matter, given the others. Words are 0 to 7. */
interface EntryRules {

    /** Words of an entry. */
    int WORDS = 8;

    /**
     * The bits that the SMMU looks at. All others may be anything at any time.
     *
     * @param entry eight words
     * @return eight masks
     */
    long[] used(long[] entry);

    /**
     * The bits that may change at any time although both entries use them, because neither order can be told apart.
     *
     * @param from the entry that is in place
     * @param to the entry that is to be
     * @return eight masks
     */
    long[] safe(long[] from, long[] to);

    /** Whether an entry whose word 0 is this translates through tables. */
    boolean translates(long word0);

    /** The words that may be written while an entry is in place and translates, before Linux 6.9. */
    // An entry of the stream table: none. A context descriptor: the word of the ASID.
    boolean mayChangeWhileLive(int word);
}
