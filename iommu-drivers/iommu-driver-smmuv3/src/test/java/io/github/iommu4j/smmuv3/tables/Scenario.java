package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A stream table in memory with everything under it. Each context has a VMID and an ASID of its own, so that cached
 * translations of one never answer for another.
 *
 * @param ram the memory it was written to
 * @param streamTableBase for SMMU_STRTAB_BASE
 * @param streamTableConfig for SMMU_STRTAB_BASE_CFG
 * @param contexts where traffic can go
 */
public record Scenario(Ram ram, long streamTableBase, int streamTableConfig, List<Context> contexts) {

    /**
     * Builds a scenario.
     *
     * @param memory written to; where it is empty it is given RAM
     * @param id features to stay within
     * @param shape of the first stream
     */
    public static Scenario build(SparseMemory memory, IdRegisters id, Shape shape, Dice dice) {
        Ram ram = new Ram(memory, id.outputAddressBits(), dice);
        StreamTableWriter table = new StreamTableWriter(ram, id, dice);
        List<Context> contexts = new ArrayList<>();
        Set<Integer> taken = new HashSet<>();
        int streams = dice.between(1, 3);
        for (int number = 0; number < streams; number++) {
            int streamId = table.someStreamId();
            if (!taken.add(streamId)) {
                continue;
            }
            Shape own = number == 0 ? shape : withGranulesOf(shape, Shape.random(dice), id);
            StreamBuilder stream = new StreamBuilder(ram, id, dice, own, number + 1);
            long address = table.put(streamId, stream.words());
            if (address >= 0) {
                contexts.addAll(stream.contexts(streamId, address));
            }
        }
        return new Scenario(ram, table.base(), table.config(), List.copyOf(contexts));
    }

    private static Shape withGranulesOf(Shape first, Shape wanted, IdRegisters id) {
        int stage1 = id.hasGranule(wanted.stage1Granule()) ? wanted.stage1Granule() : first.stage1Granule();
        int stage2 = id.hasGranule(wanted.stage2Granule()) ? wanted.stage2Granule() : first.stage2Granule();
        return new Shape(wanted.stages(), stage1, stage2, wanted.half());
    }

    /** Changes one word of a structure: a flipped bit, a random word, another word of the scenario, or its address. */
    public void mutate(Dice dice) {
        if (dice.oneIn(2)) {
            Context context = dice.pick(contexts);
            long structure = context.hasStage1() && dice.oneIn(2) ? context.descriptor() : context.entry();
            flip(structure + 8L * dice.pick(0, 0, 1, 2, 3), 1L << dice.below(64));
            return;
        }
        long address = dice.pick(ram.written());
        long before = ram.load(address);
        long after = switch (dice.below(5)) {
            case 0, 1 -> before ^ 1L << dice.below(64);
            case 2 -> dice.bits(64);
            case 3 -> ram.load(dice.pick(ram.written()));
            default -> before & 0xFFF | dice.pick(ram.written()) & ~0xFFFL;
        };
        ram.memory().store64(address, after);
    }

    /** Whether a leaf entry stands at a physical address. */
    public boolean isLeaf(long address) {
        return contexts.stream()
                .flatMap(context -> context.mappings().stream())
                .anyMatch(leaf -> leaf.entry() == address);
    }

    private void flip(long address, long bits) {
        ram.memory().store64(address, ram.load(address) ^ bits);
    }

    /** An access worth trying. */
    public Probe someProbe(Dice dice) {
        Context context = dice.pick(contexts);
        int streamId = dice.oneIn(32) ? (int) dice.bits(dice.between(0, 32)) : context.streamId();
        int substreamId = dice.oneIn(20) ? (int) dice.bits(dice.between(0, 20)) - dice.below(2) : context.substreamId();
        return new Probe(streamId, Math.max(-1, substreamId), someAddress(context, dice), someAccess(dice));
    }

    /** Read, write, both or execute, privileged or not. */
    public static int someAccess(Dice dice) {
        return dice.pick(1, 2, 3, 5) | dice.below(2) << 3;
    }

    private static long someAddress(Context context, Dice dice) {
        long address = dice.pick(context.addresses());
        return switch (dice.below(12)) {
            case 0 -> address ^ 1L << dice.below(64);
            case 1 -> address ^ dice.bits(20);
            case 2 -> address << 8 >> 8 ^ dice.bits(8) << 56;
            case 3 -> dice.bits(dice.between(1, 64));
            default -> address;
        };
    }
}
