package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Rewrites a structure that the SMMU may read at any moment, word by word, so that between any two stores it finds the old
 * entry, the new one or, where nothing else is possible, an invalid one (IHI 0070 §3.21.3).
 *
 * <p>Stateless. Two writes of one entry must not overlap: the caller holds what guards the entry.
 */
final class EntryWriter {

    private final StructureParts parts;

    /** Follows the parts' release: by use of bits from 6.9 on, in a fixed order before. */
    EntryWriter(StructureParts parts) {
        this.parts = parts;
    }

    /**
     * Makes an entry another.
     *
     * @param address physical address of the entry, 64-byte aligned
     * @param target eight words; no bit may be set that the SMMU does not use
     * @param rules what kind of entry it is
     * @param sync lets the SMMU forget what it knows of the entry, and waits until it has; called as rarely as possible
     * @throws AssertionError when the target has bits that are not used, or the release cannot make this change (a live
     *     entry into another before 6.9); see {@link io.github.iommu4j.core.trace.KernelLog#warnOn}
     */
    void write(long address, long[] target, EntryRules rules, Runnable sync) {
        throw new UnsupportedOperationException(parts.name());
    }

    static long[] read(PhysicalMemory memory, long address) {
        long[] words = new long[EntryRules.WORDS];
        memory.loadRun64(address, words, EntryRules.WORDS);
        return words;
    }
}
