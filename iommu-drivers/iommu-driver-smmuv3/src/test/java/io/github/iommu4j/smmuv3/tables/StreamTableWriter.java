package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.HashMap;
import java.util.Map;

/** Writes STEs into a linear or two-level stream table. */
final class StreamTableWriter {

    private final Ram ram;
    private final Dice dice;
    private final int sizeLg2;
    private final boolean twoLevel;
    private final int split;
    private final int splitField;
    private final int addressBits;
    private final long base;
    private final Map<Integer, Leaf> leaves = new HashMap<>();

    /** A level-2 array. */
    private record Leaf(long address, int span) {}

    StreamTableWriter(Ram ram, IdRegisters id, Dice dice) {
        this.ram = ram;
        this.dice = dice;
        this.twoLevel = id.twoLevelStreams() && !dice.oneIn(3);
        this.sizeLg2 = dice.between(0, Math.min(id.sidSize(), twoLevel ? 16 : 8));
        this.splitField = dice.pick(6, 8, 10, 7);
        this.split = splitField == 7 ? 6 : splitField;
        this.addressBits = id.outputAddressBits();
        this.base = ram.allocate(twoLevel ? Math.max(6, sizeLg2 - split + 3) : sizeLg2 + 6, addressBits);
    }

    int someStreamId() {
        return (int) dice.bits(sizeLg2);
    }

    long base() {
        return base;
    }

    int config() {
        return sizeLg2 | splitField << 6 | (twoLevel ? 1 << 16 : 0);
    }

    /** The physical address the STE was written to, or -1 when the level-2 array is too short for it. */
    long put(int streamId, long[] words) {
        long address = base + 64L * streamId;
        if (twoLevel) {
            int index = streamId & (1 << split) - 1;
            int number = streamId >>> split;
            Leaf leaf = leaves.computeIfAbsent(number, unused -> newLeaf(number, index));
            if (index >= 1 << leaf.span() - 1) {
                return -1;
            }
            address = leaf.address() + 64L * index;
        }
        for (int i = 0; i < words.length; i++) {
            ram.store(address + 8L * i, words[i]);
        }
        return address;
    }

    private Leaf newLeaf(int number, int index) {
        int least = 32 - Integer.numberOfLeadingZeros(index);
        int span = 1 + dice.between(least, split);
        Leaf leaf = new Leaf(ram.allocate(span + 5, addressBits), span);
        ram.store(base + 8L * number, leaf.address() | span);
        return leaf;
    }
}
