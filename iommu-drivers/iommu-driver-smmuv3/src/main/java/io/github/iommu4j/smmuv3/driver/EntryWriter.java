package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rewrites a structure that the SMMU may read at any moment, word by word, so that between any two stores it finds the old
 * entry, the new one or, where nothing else is possible, an invalid one (IHI 0070 §3.21.3).
 *
 * <p>An entry of which one word has to change at one moment is changed around that word: what the old entry does not use
 * before it, what the new one does not use after it. Where several words would have to change at once, the entry is invalid
 * meanwhile. Linux before 6.9 knows fixed orders only, and leaves it to the driver to go from one translating entry to
 * another through one that does not.
 *
 * <p>Stateless. Two writes of one entry must not overlap: the caller holds what guards the entry.
 */
final class EntryWriter {

    private final StructureParts parts;
    private final PhysicalMemory memory;

    /** Follows the parts' release. */
    EntryWriter(StructureParts parts) {
        this.parts = parts;
        this.memory = parts.memory();
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
        long[] current = read(memory, address);
        if (parts.release().smmuv3WritesEntriesByUse()) {
            for (long[] station : stations(current, target, rules)) {
                store(address, current, station);
                sync.run();
            }
        } else {
            writeInOrder(address, current, target, rules, sync);
        }
    }

    /** Reads an entry. */
    static long[] read(PhysicalMemory memory, long address) {
        long[] words = new long[EntryRules.WORDS];
        memory.loadRun64(address, words, EntryRules.WORDS);
        return words;
    }

    /** What an entry is on its way, without what it is at first; the SMMU has to see each before the next is stored. */
    List<long[]> stations(long[] from, long[] to, EntryRules rules) {
        long[] usedBefore = rules.used(from);
        long[] usedAfter = rules.used(to);
        long[] safe = rules.safe(from, to);
        long[] prepared = new long[EntryRules.WORDS];
        int critical = 0;
        for (int i = 0; i < EntryRules.WORDS; i++) {
            parts.log().warnOn((to[i] & ~usedAfter[i]) != 0, "word " + i + " of an entry has bits that are not used");
            long kept = usedBefore[i] & ~(safe[i] & usedAfter[i]);
            prepared[i] = from[i] & kept | to[i] & ~kept;
            if (((prepared[i] ^ to[i]) & usedAfter[i]) != 0) {
                critical |= 1 << i;
            }
        }
        List<long[]> stations = new ArrayList<>();
        if (Integer.bitCount(critical) == 1) {
            int word = Integer.numberOfTrailingZeros(critical);
            prepared[word] = from[word];
            long[] changed = prepared.clone();
            changed[word] = to[word];
            stations.add(prepared);
            stations.add(changed);
        } else if (critical != 0) {
            long[] invalid = from.clone();
            invalid[0] = 0;
            long[] filled = to.clone();
            filled[0] = 0;
            stations.add(invalid);
            stations.add(filled);
        }
        stations.add(to.clone());
        return withoutRepetition(from, stations);
    }

    private static List<long[]> withoutRepetition(long[] from, List<long[]> stations) {
        List<long[]> result = new ArrayList<>();
        long[] last = from;
        for (long[] station : stations) {
            if (!Arrays.equals(last, station)) {
                result.add(station);
                last = station;
            }
        }
        return result;
    }

    private void store(long address, long[] current, long[] station) {
        for (int i = 0; i < EntryRules.WORDS; i++) {
            if (current[i] != station[i]) {
                memory.store64(address + 8L * i, station[i]);
                current[i] = station[i];
            }
        }
    }

    private void writeInOrder(long address, long[] current, long[] target, EntryRules rules, Runnable sync) {
        boolean live = rules.translates(current[0]);
        if (!rules.translates(target[0])) {
            storeWords(address, target, 0, rules.lastWordCleared());
        } else if (live) {
            boolean possible = rules.allowsLiveChange() && sameBehindFirst(current, target);
            if (parts.log().warnOn(!possible, "BUG: an entry that translates is made another that does")) {
                return;
            }
            storeWords(address, target, 0, 0);
        } else {
            storeWords(address, target, 1, 3);
            sync.run();
            storeWords(address, target, 0, 0);
        }
        sync.run();
    }

    private static boolean sameBehindFirst(long[] one, long[] other) {
        return Arrays.equals(one, 1, EntryRules.WORDS, other, 1, EntryRules.WORDS);
    }

    private void storeWords(long address, long[] target, int first, int last) {
        for (int i = first; i <= last; i++) {
            memory.store64(address + 8L * i, target[i]);
        }
    }
}
