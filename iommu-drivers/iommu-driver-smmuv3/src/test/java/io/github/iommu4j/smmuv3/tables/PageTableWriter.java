package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/** Builds one page table of the VMSAv8-64 format, making the tables that a mapping needs. */
final class PageTableWriter {

    private final Ram ram;
    private final Space space;
    private final Granule granule;
    private final int startLevel;
    private final int inputBits;
    private final boolean bigEndian;
    private final LongSupplier tableNoise;
    private final long root;
    private final Map<Long, Long> tables = new HashMap<>();
    private final Set<Long> used = new HashSet<>();
    private final List<Mapping> leaves = new ArrayList<>();

    PageTableWriter(
            Ram ram,
            Space space,
            Granule granule,
            int startLevel,
            int inputBits,
            boolean bigEndian,
            LongSupplier tableNoise) {
        this.ram = ram;
        this.space = space;
        this.granule = granule;
        this.startLevel = startLevel;
        this.inputBits = inputBits;
        this.bigEndian = bigEndian;
        this.tableNoise = tableNoise;
        this.root = space.allocate(Math.max(6, inputBits - granule.shift(startLevel) + 3));
    }

    long root() {
        return root;
    }

    Granule granule() {
        return granule;
    }

    int startLevel() {
        return startLevel;
    }

    int inputBits() {
        return inputBits;
    }

    /**
     * Writes a leaf, or anything else, into the entry of a level.
     *
     * @return whether it was written; not when the entry is in use or a leaf is in the way
     */
    boolean map(long input, int level, long descriptor) {
        long table = root;
        int highest = inputBits - 1;
        for (int at = startLevel; at < level; at++) {
            long entry = space.physical(table + 8 * index(input, highest, at));
            Long next = tables.get(entry);
            if (next == null) {
                if (!used.add(entry)) {
                    return false;
                }
                next = space.allocate(granule.lg2());
                tables.put(entry, next);
                put(entry, encode(next) | tableNoise.getAsLong() | 3);
            }
            table = next;
            highest = granule.shift(at) - 1;
        }
        long entry = space.physical(table + 8 * index(input, highest, level));
        if (!used.add(entry)) {
            return false;
        }
        put(entry, descriptor);
        leaves.add(new Mapping(0, entry, input, level, granule.lg2(), bigEndian));
        return true;
    }

    /** Now and then a table descriptor that points back to the root, or where perhaps nothing answers. */
    void plantBadPointer(long input, int outputBits, Dice dice) {
        if (startLevel == 3 || !dice.oneIn(6)) {
            return;
        }
        int wild = Math.max(0, outputBits - granule.lg2());
        long target = dice.oneIn(2) ? root : dice.bits(wild) << granule.lg2();
        long aligned = Raw.alignDown(target, granule.lg2());
        map(input, dice.between(Math.max(0, startLevel), 2), encode(aligned) | 3);
    }

    /** The leaf entries written so far. */
    List<Mapping> mappings(int stage, LongUnaryOperator inputAsSeen) {
        return leaves.stream()
                .map(leaf -> new Mapping(
                        stage,
                        leaf.entry(),
                        inputAsSeen.applyAsLong(leaf.input()),
                        leaf.level(),
                        leaf.granuleLg2(),
                        leaf.bigEndian()))
                .toList();
    }

    /** Maps a page or block that holds an address, to some output address. */
    void mapSomewhere(long input, Descriptors descriptors, int outputBits) {
        int level = descriptors.someLeafLevel(granule, startLevel);
        int shift = granule.shift(level);
        long output = descriptors.someOutput(shift, outputBits);
        map(Raw.low(input, inputBits), level, descriptors.leaf(encode(output), level, granule, outputBits));
    }

    /** An output address as descriptors of this granule store it. */
    long encode(long address) {
        return granule.lg2() == 16 ? address & (1L << 48) - 1 | address >>> 48 << 12 : address;
    }

    private void put(long entry, long raw) {
        ram.store(entry, bigEndian ? Long.reverseBytes(raw) : raw);
    }

    private long index(long input, int highest, int level) {
        return (input & (1L << highest) * 2 - 1) >>> granule.shift(level);
    }
}
