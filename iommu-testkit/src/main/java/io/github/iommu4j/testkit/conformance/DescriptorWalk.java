package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.pagetable.InputHalf;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.core.pagetable.PageTableFormat;
import io.github.iommu4j.core.pagetable.TableLevel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A format's shape, and the plainest way through its tables. Immutable. */
final class DescriptorWalk {

    private final PageTableFormat format;
    private final List<TableLevel> levels;

    DescriptorWalk(PageTableFormat format) {
        this.format = format;
        this.levels = format.levels();
    }

    /**
     * Where a walk stopped.
     *
     * @param level the level of the descriptor
     * @param table the table it is in
     * @param raw the descriptor
     * @param leaf what kind of leaf it is; {@code null} for none
     * @param isTable whether it points to a table
     */
    record Stop(int level, long table, long raw, @Nullable LeafLayout leaf, boolean isTable) {}

    int top() {
        return levels.size() - 1;
    }

    TableLevel level(int level) {
        return levels.get(level);
    }

    int spanLg2(int level) {
        int spanLg2 = format.granuleLg2();
        for (int below = 0; below < level; below++) {
            spanLg2 += levels.get(below).indexBits();
        }
        return spanLg2;
    }

    long entries(int level) {
        return 1L << levels.get(level).indexBits();
    }

    /** The level a page size is mapped in. */
    int levelOf(long pageSize) {
        for (int level = 0; level <= top(); level++) {
            if (levels.get(level).leaves().stream().anyMatch(leaf -> leaf.size() == pageSize)) {
                return level;
            }
        }
        throw new AssertionError("no level has leaves of 0x" + Long.toHexString(pageSize));
    }

    /** The first address that is translated. */
    long firstIova() {
        return format.inputHalf() == InputHalf.LOW || format.inputBits() == Long.SIZE ? 0 : -1L << format.inputBits();
    }

    long slot(long table, long iova, int level) {
        return table + (iova >>> spanLg2(level) & entries(level) - 1) * format.wordBytes();
    }

    long load(PhysicalMemory memory, long address) {
        return format.wordBytes() == Long.BYTES
                ? memory.load64(address)
                : Integer.toUnsignedLong(memory.load32(address));
    }

    /** Follows tables from the root as far as they go, or down to a level. */
    Stop stop(PhysicalMemory memory, long root, long iova, int lowest) {
        long table = root;
        for (int level = top(); ; level--) {
            Stop stop = at(memory, table, iova, level);
            if (!stop.isTable || level == lowest) {
                return stop;
            }
            table = format.tableAddress().read(stop.raw);
        }
    }

    /** What one descriptor is. */
    Stop at(PhysicalMemory memory, long table, long iova, int level) {
        long raw = load(memory, slot(table, iova, level));
        boolean isTable = levels.get(level).table().matches(raw);
        LeafLayout found = null;
        for (LeafLayout leaf : levels.get(level).leaves()) {
            if (!isTable && found == null && leaf.pattern().matches(raw)) {
                found = leaf;
            }
        }
        return new Stop(level, table, raw, found, isTable);
    }

    /** What a leaf translates an address to. */
    static long output(LeafLayout leaf, long raw, long iova) {
        return leaf.address().read(raw) | iova & leaf.size() - 1;
    }
}
