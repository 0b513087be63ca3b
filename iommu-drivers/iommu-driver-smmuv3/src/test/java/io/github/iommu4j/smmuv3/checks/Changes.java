package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.smmuv3.tables.Context;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Mapping;
import io.github.iommu4j.smmuv3.tables.Ram;
import io.github.iommu4j.smmuv3.tables.Scenario;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Changes one thing of a scenario and sends exactly the invalidation that the change needs (IHI 0070 §3.21, §16.2). */
final class Changes {

    private static final long VALID = 1;
    private static final long TABLE = 2;
    private static final long AF = 1L << 10;
    private static final long NOT_GLOBAL = 1L << 11;

    private final Scenario scenario;
    private final Ram ram;
    private final Rig rig;
    private final Dice dice;
    /** VMIDs of which an STE or a CD changed: tables may be read in another shape than the one they were built in. */
    private final Set<Integer> reshaped = new HashSet<>();

    Changes(Scenario scenario, Rig rig, Dice dice) {
        this.scenario = scenario;
        this.ram = scenario.ram();
        this.rig = rig;
        this.dice = dice;
    }

    /** Does one change; the answer tells what it was. */
    String make() {
        Context context = dice.pick(scenario.contexts());
        List<Mapping> mappings = context.mappings();
        if (!mappings.isEmpty() && !dice.oneIn(4)) {
            return changeLeaf(context, dice.pick(mappings));
        }
        return context.hasStage1() && !dice.oneIn(3) ? changeDescriptor(context) : changeStream(context);
    }

    private String changeLeaf(Context context, Mapping mapping) {
        long before = order(mapping, ram.load(mapping.entry()));
        long after = notGlobalAmongOthers(context, mapping, changed(before, mapping));
        ram.memory().store64(mapping.entry(), order(mapping, after));
        String story = String.format("leaf %s: %016x to %016x", mapping, before, after);
        boolean reshaped = this.reshaped.contains(context.vmid());
        boolean reservedPage = !reshaped && mapping.level() == 3 && (before & TABLE) == 0;
        if ((before & VALID) == 0 || reservedPage) {
            return story + ", no invalidation";
        }
        boolean structural = reshaped || pointsToTable(before, mapping) || pointsToTable(after, mapping);
        if (mapping.stage() == 2) {
            invalidateStage2(context, mapping, structural);
        } else {
            invalidateStage1(context, mapping, structural, (before & NOT_GLOBAL) != 0);
        }
        rig.sync();
        return story;
    }

    /** A global leaf of one context is found by others of its VMID, which map the same addresses to something else. */
    private long notGlobalAmongOthers(Context context, Mapping mapping, long leaf) {
        boolean alone = scenario.contexts().stream()
                        .filter(other -> other.vmid() == context.vmid())
                        .count()
                == 1;
        return alone || mapping.stage() == 2 || leaf == 0 ? leaf : leaf | NOT_GLOBAL;
    }

    private long changed(long before, Mapping mapping) {
        return switch (dice.below(8)) {
            case 6 -> before ^ 1L << 51;
            case 0 -> before ^ VALID;
            case 1 -> before ^ AF;
            case 2 -> before ^ 1L << 6;
            case 3 -> before ^ 1L << 7;
            case 4 -> before ^ 1L << dice.between(53, 54);
            case 5 -> before ^ 1L << Math.min(47, shiftOf(mapping) + dice.below(12));
            default -> 0;
        };
    }

    private static boolean pointsToTable(long raw, Mapping mapping) {
        return mapping.level() < 3 && (raw & (VALID | TABLE)) == (VALID | TABLE);
    }

    private static int shiftOf(Mapping mapping) {
        return mapping.granuleLg2() + (3 - mapping.level()) * (mapping.granuleLg2() - 3);
    }

    private static long order(Mapping mapping, long raw) {
        return mapping.bigEndian() ? Long.reverseBytes(raw) : raw;
    }

    private void invalidateStage1(Context context, Mapping mapping, boolean structural, boolean notGlobal) {
        int vmid = context.vmid();
        if (context.isEl2()) {
            if (structural || dice.oneIn(3)) {
                rig.command(Commands.tlbi(Commands.TLBI_EL2_ALL));
            } else {
                byAddress(dice.pick(Commands.TLBI_EL2_VA, Commands.TLBI_EL2_VAA), 0, context.asid(), mapping);
            }
            return;
        }
        if (structural) {
            rig.command(Commands.tlbiVmid(Commands.TLBI_NH_ALL, vmid));
            return;
        }
        switch (dice.below(notGlobal ? 6 : 5)) {
            case 0 -> rig.command(Commands.tlbiVmid(Commands.TLBI_NH_ALL, vmid));
            case 1 -> rig.command(Commands.tlbi(Commands.TLBI_NSNH_ALL));
            case 2, 3 -> byAddress(Commands.TLBI_NH_VA, vmid, context.asid(), mapping);
            case 4 -> byAddress(Commands.TLBI_NH_VAA, vmid, 0, mapping);
            default -> rig.command(Commands.tlbiAsid(vmid, context.asid()));
        }
    }

    private void invalidateStage2(Context context, Mapping mapping, boolean structural) {
        int vmid = context.vmid();
        boolean byIpa = !structural && dice.oneIn(2);
        if (byIpa) {
            byAddress(Commands.TLBI_S2_IPA, vmid, 0, mapping);
            if (context.hasStage1()) {
                rig.command(Commands.tlbiVmid(Commands.TLBI_NH_ALL, vmid));
            }
        } else {
            rig.command(
                    dice.oneIn(2)
                            ? Commands.tlbiVmid(Commands.TLBI_S12_VMALL, vmid)
                            : Commands.tlbi(Commands.TLBI_NSNH_ALL));
        }
        // CDs and L1CDs were read through this stage too, even of a stream that came to have a stage 1 by an earlier
        // change.
        rig.command(Commands.cfgiCdAll(context.streamId()));
    }

    /** Any address of the leaf, in one of the forms that reach it. */
    private void byAddress(int opcode, int vmid, int asid, Mapping mapping) {
        int shift = shiftOf(mapping);
        long block = mapping.input() >>> shift << shift;
        long leafOnly = dice.flag(0);
        long granule = (mapping.granuleLg2() - 10L) / 2 << 10;
        switch (dice.below(4)) {
            case 0 -> {
                long somewhere = block | dice.bits(shift);
                rig.command(Commands.tlbiAddress(opcode, vmid, asid, somewhere, leafOnly, 0));
            }
            case 1 -> {
                long level = (long) mapping.level() << 8;
                boolean noLevelHint = mapping.level() == 0 || mapping.granuleLg2() == 14 && mapping.level() == 1;
                long hint = noLevelHint ? leafOnly : leafOnly | level | granule;
                rig.command(Commands.tlbiAddress(opcode, vmid, asid, block, hint, 0));
            }
            case 2 ->
                rig.command(Commands.tlbiAddress(
                        opcode, vmid, asid, block, leafOnly | granule, (long) dice.between(1, 31) << 12 | 0L));
            default ->
                rig.command(Commands.tlbiAddress(
                        opcode,
                        vmid,
                        asid,
                        block,
                        leafOnly | granule,
                        dice.bits(5) << 12 | (long) dice.between(1, 31) << 20));
        }
    }

    private String changeDescriptor(Context context) {
        reshaped.add(context.vmid());
        long address = context.descriptor();
        int bit = dice.pick(0, 6, 14, 30, 31, 32, 35, 36, 38, 39, 40, 41, 42, 43, 44, 45, 46);
        int word = 0;
        if (dice.oneIn(3)) {
            word = dice.between(1, 2);
            bit = dice.pick(1, 2, 4, 12, 13, 20);
        }
        long before = ram.load(address + 8L * word);
        ram.memory().store64(address + 8L * word, before ^ 1L << bit);
        int index = Math.max(0, context.substreamId());
        rig.command(
                dice.oneIn(2)
                        ? Commands.cfgiCd(context.streamId(), index, dice.below(2))
                        : Commands.cfgiCdAll(context.streamId()));
        boolean faultModelOnly = word == 0 && bit >= 44 && bit <= 46;
        if (!faultModelOnly) {
            rig.command(
                    context.isEl2()
                            ? Commands.tlbi(Commands.TLBI_EL2_ALL)
                            : Commands.tlbiVmid(Commands.TLBI_NH_ALL, context.vmid()));
        }
        rig.sync();
        return "CD of " + context + ": word " + word + " bit " + bit;
    }

    private String changeStream(Context context) {
        reshaped.add(context.vmid());
        // An EL2 stream stays one: its translations would move to a world that other commands speak of.
        int word = dice.below(context.isEl2() ? 2 : 4);
        int bit = switch (word) {
            case 0 -> context.isEl2() ? 0 : dice.between(0, 3);
            case 1 -> dice.pick(0, 1, 19, 27, 28, 29, 48, 49, 50, 51);
            case 2 -> dice.between(32, 58);
            default -> dice.between(4, 40);
        };
        long address = context.entry() + 8L * word;
        ram.memory().store64(address, ram.load(address) ^ 1L << bit);
        int streamId = context.streamId();
        rig.command(
                switch (dice.below(3)) {
                    case 0 -> Commands.cfgiSte(streamId, dice.below(2));
                    case 1 -> Commands.cfgiSteRange(streamId, dice.below(31));
                    default -> Commands.cfgiAll();
                });
        if (word != 1) {
            rig.command(Commands.tlbiVmid(Commands.TLBI_S12_VMALL, context.vmid()));
        }
        rig.sync();
        return "STE of " + context + ": word " + word + " bit " + bit;
    }
}
