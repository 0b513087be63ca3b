package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.memory.BusErrorException;
import java.util.HashSet;
import java.util.Set;

/** One pass over all leaves. Follows what is in memory, and comes to an end whatever that is. */
final class LeafWalk {

    private final TableShape shape;
    private final DescriptorWords words;
    private final LeafVisitor visitor;
    private final Set<Long> seen = new HashSet<>();

    LeafWalk(TableShape shape, DescriptorWords words, LeafVisitor visitor) {
        this.shape = shape;
        this.words = words;
        this.visitor = visitor;
    }

    void visitAll(long root) {
        visit(root, shape.firstIova, shape.top);
    }

    private void visit(long table, long iova, Level level) {
        // In a sound table nothing is met twice; in another one it could be met without end.
        if (!seen.add(table | level.number)) {
            return;
        }
        for (long i = 0; i < level.entries; i++) {
            long raw = load(table + (i << shape.wordLg2));
            if (level.isTable(raw)) {
                visit(shape.tableAddress.read(raw), iova + i * level.span, level.below);
            } else {
                show(raw, iova + i * level.span, level);
            }
        }
    }

    private void show(long raw, long iova, Level level) {
        Leaf leaf = level.leafAt(raw);
        if (leaf != null) {
            visitor.leaf(iova, level.span, raw, leaf.output(raw, iova));
        }
    }

    private long load(long at) {
        try {
            return words.load(at);
        } catch (BusErrorException nothingThere) {
            return 0;
        }
    }
}
