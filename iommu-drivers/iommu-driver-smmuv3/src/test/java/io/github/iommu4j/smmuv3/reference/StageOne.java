package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Attempt.CLASS_TT;
import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

import org.jspecify.annotations.Nullable;

/** Stage 1 of one CD: from virtual to intermediate or physical addresses (IHI 0070 §3.4.1, §5.4, Arm ARM D8). */
final class StageOne {

    private final Bus bus;
    private final IdRegisters id;
    private final long[] cd;
    private final StreamWorld world;
    private final @Nullable StageTwo stageTwo;

    StageOne(Bus bus, IdRegisters id, long[] cd, StreamWorld world, @Nullable StageTwo stageTwo) {
        this.bus = bus;
        this.id = id;
        this.cd = cd;
        this.world = world;
        this.stageTwo = stageTwo;
    }

    Leaf translate(Attempt attempt) {
        boolean upper = world.hasTwoHalves() && bit(attempt.address, 55);
        Half half = Half.of(cd, upper, world, id);
        boolean blocked = half.e0pd() && world.hasTwoPrivileges() && !attempt.privileged;
        if (half.disabled() || blocked || !half.inRange(attempt.address)) {
            throw fault(attempt, Attempt.F_TRANSLATION);
        }
        return walk(attempt, half);
    }

    /** Anew when a descriptor was changed by the very update of what is needed to update it. */
    private Leaf walk(Attempt attempt, Half half) {
        Leaf found = null;
        while (found == null) {
            found = walkOnce(attempt, half);
        }
        return found;
    }

    private @Nullable Leaf walkOnce(Attempt attempt, Half half) {
        Granule granule = half.granule();
        boolean largeOutput = id.outputAddressBits() == 52;
        int outputBits = id.cappedAddressBits(field(cd[0], 34, 32));
        int level = granule.stage1StartLevel(half.txsz());
        int highest = 63 - half.txsz();
        long table = Raw.alignDown(half.base(), granule.tableAlignmentLg2(64 - half.txsz(), level, outputBits == 52));
        StageOnePermissions permissions = new StageOnePermissions(cd, world, half.ignoresTables());
        while (true) {
            int shift = granule.shift(level);
            long entry = table + 8 * Raw.bits(attempt.address, highest, shift);
            long raw = load(attempt, entry);
            boolean table11 = field(raw, 1, 0) == 3 && level < 3;
            boolean leaf = level == 3
                    ? field(raw, 1, 0) == 3
                    : field(raw, 1, 0) == 1 && granule.allowsBlock(level, largeOutput);
            if (!table11 && !leaf) {
                throw fault(attempt, Attempt.F_TRANSLATION);
            }
            long output = granule.outputAddress(raw, table11 ? granule.lg2() : shift, largeOutput);
            if (Raw.exceeds(output, outputBits)) {
                throw fault(attempt, Attempt.F_ADDR_SIZE);
            }
            if (leaf) {
                return permit(
                        attempt,
                        entry,
                        raw,
                        new Leaf(output | Raw.bits(attempt.address, shift - 1, 0), shift, 0),
                        permissions);
            }
            permissions.passTable(raw);
            table = output;
            level++;
            highest = shift - 1;
        }
    }

    private long load(Attempt attempt, long address) {
        long pa = stageTwo == null
                ? address
                : stageTwo.translate(attempt, address, CLASS_TT).address();
        long raw = bus.load(pa).orElseThrow(() -> attempt.walkAbort(1, CLASS_TT, pa));
        return Bus.inOrder(raw, bit(cd[0], 15));
    }

    private @Nullable Leaf permit(Attempt attempt, long entry, long raw, Leaf found, StageOnePermissions permissions) {
        boolean updatesFlag = bit(cd[0], 43);
        if (!bit(raw, 10) && !updatesFlag && !bit(cd[0], 35)) {
            throw fault(attempt, Attempt.F_ACCESS);
        }
        boolean clean = updatesFlag && bit(cd[0], 42) && bit(raw, 51) && bit(raw, 7);
        int granted = permissions.of(clean ? raw & ~(1L << 7) : raw, attempt.privileged);
        boolean readable = (granted & 1) != 0;
        boolean writable = (granted & 2) != 0;
        boolean executable = (granted & 4) != 0;
        if (attempt.instruction ? !executable : attempt.reads && !readable || attempt.writes && !writable) {
            boolean namedAsRead = !attempt.writes || attempt.reads && writable && id.namesMissingDirection();
            throw attempt.stage1Fault(Attempt.F_PERMISSION, FaultModel.ofContext(cd[0]), namedAsRead);
        }
        long after = updatesFlag ? raw | 1L << 10 : raw;
        if (clean && attempt.writes) {
            after &= ~(1L << 7);
        }
        if (after != raw && !update(attempt, entry, raw, after)) {
            return null;
        }
        return new Leaf(found.address(), found.sizeLg2(), clean && !attempt.writes ? granted & ~2 : granted);
    }

    /** Whether the descriptor was still the same and is updated now. */
    private boolean update(Attempt attempt, long entry, long before, long after) {
        boolean bigEndian = bit(cd[0], 15);
        long pa = stageTwo == null ? entry : stageTwo.translateForUpdate(attempt, entry);
        long found = bus.load(pa).orElseThrow(() -> attempt.walkAbort(1, CLASS_TT, pa));
        if (found != Bus.inOrder(before, bigEndian)) {
            return false;
        }
        bus.store(pa, Bus.inOrder(after, bigEndian));
        return true;
    }

    private Stop fault(Attempt attempt, int number) {
        return attempt.stage1Fault(number, FaultModel.ofContext(cd[0]), !attempt.writes);
    }
}
