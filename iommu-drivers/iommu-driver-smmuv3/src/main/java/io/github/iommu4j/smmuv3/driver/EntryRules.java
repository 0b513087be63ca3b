package io.github.iommu4j.smmuv3.driver;

/** What an SMMU reads of a 64-byte structure: which of its bits matter, given the others. Words are 0 to 7. Stateless. */
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
     * The bits that may change at any time although both entries use them.
     *
     * @param from the entry that is in place
     * @param to the entry that is to be
     * @return eight masks
     */
    long[] safe(long[] from, long[] to);

    /**
     * Whether an entry translates.
     *
     * @param word0 its word 0
     */
    boolean translates(long word0);

    /** Whether Linux before 6.9 replaces word 0 of an entry that translates by another that does. */
    boolean allowsLiveChange();

    /** The last word that Linux before 6.9 writes of an entry that no longer translates. */
    int lastWordCleared();
}
