package io.github.iommu4j.smmuv3.tables;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes CDs into a linear or two-level table. */
final class ContextTableWriter {

    private final Ram ram;
    private final Space space;
    private final int leafBits;
    private final int format;
    private final long base;
    private final Map<Integer, Long> leaves = new HashMap<>();

    ContextTableWriter(Ram ram, Space space, Dice dice, int contextBits, boolean twoLevel) {
        this.ram = ram;
        this.space = space;
        boolean levels = contextBits > 0 && twoLevel && !dice.oneIn(3);
        this.format = levels ? dice.between(1, 2) : dice.pick(0, 3);
        this.leafBits = format == 1 ? 6 : 10;
        this.base = space.allocate(levels ? Math.max(6, contextBits - leafBits + 3) : contextBits + 6);
    }

    /** S1ContextPtr and S1Fmt. */
    long fields() {
        return base | (long) format << 4;
    }

    /** The physical address the CD was written to. */
    long put(int index, List<Long> words) {
        long address = base + 64L * index;
        if (format == 1 || format == 2) {
            Long leaf = leaves.get(index >>> leafBits);
            if (leaf == null) {
                leaf = space.allocate(leafBits + 6);
                leaves.put(index >>> leafBits, leaf);
                ram.store(space.physical(base + 8L * (index >>> leafBits)), leaf | 1);
            }
            address = leaf + 64L * (index & (1 << leafBits) - 1);
        }
        long physical = space.physical(address);
        for (int i = 0; i < words.size(); i++) {
            ram.store(physical + 8L * i, words.get(i));
        }
        return physical;
    }
}
