package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.core.bits.Log2;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one level, with what follows from the levels below; plain fields, because walking looks at nothing else.
 * Immutable.
 */
final class Level {

    /** 0 for the smallest leaves. */
    final int number;
    /** The next lower level; level 0's is itself, and never asked for, since no descriptor of it is a table. */
    final Level below;
    /** Bytes that a descriptor translates, as a logarithm. */
    final int spanLg2;

    final long span;
    final long entries;
    final long tableBytes;
    final long allocation;
    final long tableAttributes;
    /** The kind of leaf that is a single descriptor, if there is one. */
    final @Nullable Leaf single;

    private final int slotShift;
    private final long slotMask;
    private final long roomMask;
    private final long tableMask;
    private final long tableValue;
    /** The first of this level's kinds of leaves; each knows the next. */
    final @Nullable Leaf first;

    Level(PageTableFormat format, int number, @Nullable Level below) {
        TableLevel level = format.levels().get(number);
        int wordLg2 = Log2.floor(format.wordBytes());
        this.number = number;
        this.below = below == null ? this : below;
        this.spanLg2 = below == null ? format.granuleLg2() : below.spanLg2 + Log2.floor(below.entries);
        this.span = 1L << spanLg2;
        this.entries = 1L << level.indexBits();
        this.tableBytes = entries << wordLg2;
        this.allocation = level.allocation();
        requireSound(level, tableBytes);
        this.tableAttributes = level.tableAttributes();
        this.slotShift = spanLg2 - wordLg2;
        this.slotMask = entries - 1 << wordLg2;
        boolean sideBySide = number == format.levels().size() - 1 && below != null;
        this.roomMask = sideBySide ? Math.min(entries, this.below.entries) - 1 : entries - 1;
        this.tableMask = level.table().mask();
        this.tableValue = level.table().value();
        Leaf leaf = null;
        Leaf alone = null;
        for (int i = level.leaves().size() - 1; i >= 0; i--) {
            leaf = new Leaf(format, level.leaves().get(i), this, leaf);
            alone = leaf.isGroup() ? alone : leaf;
        }
        this.first = leaf;
        this.single = alone;
    }

    private static void requireSound(TableLevel level, long tableBytes) {
        if (level.allocation() < tableBytes) {
            throw new IllegalArgumentException("a table of " + tableBytes + " bytes does not fit in " + level);
        }
        List<BitPattern> patterns = new ArrayList<>(List.of(level.table()));
        for (LeafLayout leaf : level.leaves()) {
            if (patterns.stream().anyMatch(leaf.pattern()::overlaps)) {
                throw new IllegalArgumentException("a descriptor could be " + leaf + " and something else in " + level);
            }
            patterns.add(leaf.pattern());
        }
    }

    boolean isLowest() {
        return below == this;
    }

    /** Where the descriptor for an input address is. */
    long slot(long table, long iova) {
        return table + (iova >>> slotShift & slotMask);
    }

    boolean isTable(long raw) {
        return (raw & tableMask) == tableValue;
    }

    /** The kind of leaf that a descriptor is, if it is one. */
    @Nullable
    Leaf leafAt(long raw) {
        Leaf leaf = first;
        while (leaf != null && !leaf.matches(raw)) {
            leaf = leaf.next;
        }
        return leaf;
    }

    /**
     * The descriptors from an input address to the end of its table. A root that is larger than the tables below it is
     * several of them side by side.
     */
    long room(long iova) {
        return roomMask + 1 - (iova >>> spanLg2 & roomMask);
    }
}
