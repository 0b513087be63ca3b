package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a page table does, without memory, words or runs: a tree of maps, one page after the other. Says in words what it
 * invalidates, and counts its tables.
 */
final class NaiveTable {

    /** What a descriptor is: a table, or a leaf. */
    private sealed interface Entry {}

    /** A table; entries by index. */
    private static final class Node implements Entry {
        final int level;
        final TreeMap<Long, Entry> entries = new TreeMap<>();

        Node(int level) {
            this.level = level;
        }
    }

    /** One descriptor of a leaf, all of which begins at {@code pa}. */
    private record Leaf(long pa, int sizeLg2, Prot prot) implements Entry {}

    /** A descriptor that translates, as {@link LeafVisitor} is shown it. */
    record Shown(long iova, long span, long descriptor, long pa) {}

    /** How a map call ends. */
    record Mapped(@Nullable Errno errno, long bytes) {}

    /** The gather that an unmap call has. */
    enum Gathering {
        NONE,
        STRICT,
        QUEUED
    }

    /** How unmapping a page ends: not at all, by clearing, by splitting a larger leaf. */
    private enum Unmapped {
        NOT,
        CLEARED,
        SPLIT
    }

    private static final class OutOfTables extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private final PageTableFormat format;
    private final List<TableLevel> levels;
    private final boolean pageByPage;
    private final Node root;
    private final List<String> tlb = new ArrayList<>();
    private long allocationsUntilFailure = Long.MAX_VALUE;
    private int tables = 1;
    private int warnings;

    NaiveTable(PageTableFormat format) {
        this.format = format;
        this.levels = format.levels();
        this.pageByPage = format.runRule() == RunRule.PAGE_BY_PAGE;
        this.root = new Node(levels.size() - 1);
    }

    void failAllocation(long n) {
        allocationsUntilFailure = n;
    }

    int tables() {
        return tables;
    }

    List<String> drainTlb() {
        List<String> taken = List.copyOf(tlb);
        tlb.clear();
        return taken;
    }

    int drainWarnings() {
        int taken = warnings;
        warnings = 0;
        return taken;
    }

    private int spanLg2(int level) {
        int span = format.granuleLg2();
        for (int below = 0; below < level; below++) {
            span += levels.get(below).indexBits();
        }
        return span;
    }

    private long span(int level) {
        return 1L << spanLg2(level);
    }

    private long index(long iova, int level) {
        return iova >>> spanLg2(level) & (1L << levels.get(level).indexBits()) - 1;
    }

    private int levelOf(int sizeLg2) {
        int level = 0;
        while (levels.get(level).leaves().stream().noneMatch(leaf -> leaf.sizeLg2() == sizeLg2)) {
            level++;
        }
        return level;
    }

    private long descriptors(int sizeLg2) {
        return 1L << sizeLg2 - spanLg2(levelOf(sizeLg2));
    }

    /** How many pages one call does at most. */
    private long limit(long iova, int sizeLg2, long count) {
        int level = levelOf(sizeLg2);
        int bits = levels.get(level).indexBits();
        if (level == levels.size() - 1 && level > 0) {
            bits = Math.min(bits, levels.get(level - 1).indexBits());
        }
        long table = span(level) << bits;
        return pageByPage ? count : Math.min(count, table - (iova & table - 1) >>> sizeLg2);
    }

    Mapped map(long iova, long pa, int sizeLg2, long count, Prot prot) {
        long pages = limit(iova, sizeLg2, count);
        long atOnce = pageByPage ? 1 : pages;
        long done = 0;
        try {
            while (done < pages) {
                long bytes = done << sizeLg2;
                if (!mapTogether(iova + bytes, pa + bytes, sizeLg2, atOnce, prot)) {
                    return new Mapped(Errno.EEXIST, bytes);
                }
                done += atOnce;
            }
            return new Mapped(null, done << sizeLg2);
        } catch (OutOfTables none) {
            return new Mapped(Errno.ENOMEM, done << sizeLg2);
        }
    }

    private boolean mapTogether(long iova, long pa, int sizeLg2, long pages, Prot prot) throws OutOfTables {
        int level = levelOf(sizeLg2);
        Node node = root;
        while (node.level > level) {
            Entry entry = node.entries.get(index(iova, node.level));
            if (entry == null) {
                entry = newNode(node.level - 1);
                node.entries.put(index(iova, node.level), entry);
            }
            if (!(entry instanceof Node below)) {
                warnings++;
                return false;
            }
            node = below;
        }
        long count = pages * descriptors(sizeLg2);
        for (long i = 0; i < count; i++) {
            Entry entry = node.entries.get(index(iova, level) + i);
            if (entry instanceof Node below) {
                node.entries.remove(index(iova, level) + i);
                tlb.add(TableRig.walk(iova + i * span(level), span(level), span(0)));
                drop(below);
            } else if (entry != null) {
                warnings++;
                return false;
            }
        }
        for (long i = 0; i < count; i++) {
            long page = i * span(level) >>> sizeLg2 << sizeLg2;
            node.entries.put(index(iova, level) + i, new Leaf(pa + page, sizeLg2, prot));
        }
        return true;
    }

    private Node newNode(int level) throws OutOfTables {
        if (--allocationsUntilFailure == 0) {
            throw new OutOfTables();
        }
        tables++;
        return new Node(level);
    }

    private void drop(Node node) {
        tables--;
        for (Entry entry : node.entries.values()) {
            if (entry instanceof Node below) {
                drop(below);
            }
        }
    }

    long unmap(long iova, int sizeLg2, long count, Gathering gathering) {
        long pages = limit(iova, sizeLg2, count);
        boolean splitting = false;
        for (long done = 0; done < pages; done++) {
            Unmapped how = unmapPage(iova + (done << sizeLg2), sizeLg2, gathering, splitting);
            if (how == Unmapped.NOT) {
                return done << sizeLg2;
            }
            // What comes after a split in the same run was left out of the new table as well.
            splitting = !pageByPage && (splitting || how == Unmapped.SPLIT);
        }
        return pages << sizeLg2;
    }

    private Unmapped unmapPage(long iova, int sizeLg2, Gathering gathering, boolean splitting) {
        int level = levelOf(sizeLg2);
        boolean split = splitting;
        Node node = root;
        while (node.level > level) {
            Entry entry = node.entries.get(index(iova, node.level));
            if (entry == null) {
                warnings++;
                return Unmapped.NOT;
            }
            if (entry instanceof Leaf) {
                try {
                    entry = split(node, iova, sizeLg2);
                } catch (OutOfTables none) {
                    return Unmapped.NOT;
                }
                split = true;
            }
            node = (Node) entry;
        }
        if (!clear(node, iova, sizeLg2, split ? Gathering.NONE : gathering, split)) {
            return Unmapped.NOT;
        }
        return split ? Unmapped.SPLIT : Unmapped.CLEARED;
    }

    private Node split(Node node, long iova, int sizeLg2) throws OutOfTables {
        breakGroup(node, iova);
        int below = node.level - 1;
        int pieceLg2 = levelOf(sizeLg2) == below ? sizeLg2 : spanLg2(below);
        Leaf leaf = (Leaf) Objects.requireNonNull(node.entries.get(index(iova, node.level)));
        Node table = newNode(below);
        for (long i = 0; i < 1L << levels.get(below).indexBits(); i++) {
            long page = i * span(below) >>> pieceLg2 << pieceLg2;
            table.entries.put(i, new Leaf(leaf.pa + page, pieceLg2, leaf.prot));
        }
        node.entries.put(index(iova, node.level), table);
        return table;
    }

    private void breakGroup(Node node, long iova) {
        long index = index(iova, node.level);
        if (!(node.entries.get(index) instanceof Leaf leaf) || leaf.sizeLg2 == spanLg2(node.level)) {
            return;
        }
        long count = descriptors(leaf.sizeLg2);
        long first = index / count * count;
        for (long i = 0; i < count; i++) {
            node.entries.put(first + i, new Leaf(leaf.pa + i * span(node.level), spanLg2(node.level), leaf.prot));
        }
        long size = 1L << leaf.sizeLg2;
        tlb.add(TableRig.walk(iova, size, size));
    }

    private boolean clear(Node node, long iova, int sizeLg2, Gathering gathering, boolean split) {
        long count = descriptors(sizeLg2);
        long first = index(iova, node.level);
        for (long i = 0; i < count; i++) {
            if (!node.entries.containsKey(first + i)) {
                warnings++;
                return false;
            }
        }
        if (count == 1) {
            breakGroup(node, iova);
        }
        for (long i = 0; i < count; i++) {
            Entry entry = node.entries.remove(first + i);
            long at = iova + i * span(node.level);
            if (entry instanceof Node below) {
                if (format.freedTables() == FreedTables.AT_ONCE || gathering == Gathering.NONE) {
                    tlb.add(TableRig.walk(at, span(node.level), span(0)));
                }
                drop(below);
            } else if (!split && gathering != Gathering.QUEUED) {
                tlb.add(TableRig.page(at, span(node.level)));
            }
        }
        if (split) {
            tlb.add(TableRig.page(iova, 1L << sizeLg2));
        }
        return true;
    }

    /** What an address is translated to; 0 for nothing. */
    long lookUp(long iova) {
        long outside = format.inputBits() == Long.SIZE ? 0 : -1L << format.inputBits();
        if ((iova & outside) != (format.inputHalf() == InputHalf.LOW ? 0 : outside)) {
            return 0;
        }
        Entry entry = root;
        while (entry instanceof Node node) {
            entry = node.entries.get(index(iova, node.level));
        }
        return entry instanceof Leaf leaf ? leaf.pa + (iova & (1L << leaf.sizeLg2) - 1) : 0;
    }

    /** Every descriptor that translates, ascending. */
    List<Shown> leaves() {
        List<Shown> shown = new ArrayList<>();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -1L << format.inputBits();
        collect(root, first, shown);
        return shown;
    }

    private void collect(Node node, long iova, List<Shown> shown) {
        node.entries.forEach((index, entry) -> {
            long at = iova + index * span(node.level);
            if (entry instanceof Node below) {
                collect(below, at, shown);
            } else if (entry instanceof Leaf leaf) {
                LeafLayout layout = levels.get(node.level).leaves().stream()
                        .filter(each -> each.sizeLg2() == leaf.sizeLg2)
                        .findFirst()
                        .orElseThrow();
                long descriptor =
                        format.attributes(leaf.prot, layout) | layout.address().write(leaf.pa);
                shown.add(new Shown(at, span(node.level), descriptor, leaf.pa + (at & layout.size() - 1)));
            }
        });
    }
}
