package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Attempt.CLASS_IN;
import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/** Stage 2 of one STE: from intermediate to physical addresses (IHI 0070 §5.2, Arm ARM D8). */
final class StageTwo {

    private final Bus bus;
    private final IdRegisters id;
    private final long dw1;
    private final long dw2;
    private final long dw3;
    private final boolean nested;
    private final Granule granule;

    StageTwo(Bus bus, IdRegisters id, long[] ste, boolean nested) {
        this.bus = bus;
        this.id = id;
        this.dw1 = ste[1];
        this.dw2 = ste[2];
        this.dw3 = ste[3];
        this.nested = nested;
        this.granule = Granule.ofTg0(field(dw2, 47, 46));
    }

    /**
     * Translates.
     *
     * @param purpose CLASS: for CD and TT the access is the SMMU's own data read, for IN it is the device's
     */
    Leaf translate(Attempt attempt, long ipa, int purpose) {
        return translate(attempt, ipa, purpose, purpose == CLASS_IN && attempt.writes);
    }

    /** The physical address of a stage-1 descriptor that the SMMU is going to change. */
    long translateForUpdate(Attempt attempt, long ipa) {
        return translate(attempt, ipa, Attempt.CLASS_TT, true).address();
    }

    private Leaf translate(Attempt attempt, long ipa, int purpose, boolean writes) {
        int inputBits = 64 - field(dw2, 37, 32);
        int level = granule.stage2StartLevel(field(dw2, 39, 38), id.smallTables());
        if (Raw.exceeds(ipa, inputBits)) {
            throw fault(attempt, Attempt.F_TRANSLATION, purpose, ipa);
        }
        boolean largeOutput = id.outputAddressBits() == 52;
        int outputBits = id.cappedAddressBits(field(dw2, 50, 48));
        long table =
                Raw.alignDown(Raw.inPlace(dw3, 51, 4), granule.tableAlignmentLg2(inputBits, level, outputBits == 52));
        int highest = inputBits - 1;
        while (true) {
            int shift = granule.shift(level);
            long descriptorAddress = table + 8 * Raw.bits(ipa, highest, shift);
            long raw = bus.load(descriptorAddress).orElseThrow(() -> attempt.walkAbort(2, purpose, descriptorAddress));
            raw = Bus.inOrder(raw, bit(dw2, 52));
            boolean table11 = field(raw, 1, 0) == 3 && level < 3;
            boolean leaf = level == 3
                    ? field(raw, 1, 0) == 3
                    : field(raw, 1, 0) == 1 && granule.allowsBlock(level, largeOutput);
            if (!table11 && !leaf) {
                throw fault(attempt, Attempt.F_TRANSLATION, purpose, ipa);
            }
            long output = granule.outputAddress(raw, table11 ? granule.lg2() : shift, largeOutput);
            if (Raw.exceeds(output, outputBits)) {
                throw fault(attempt, Attempt.F_ADDR_SIZE, purpose, ipa);
            }
            if (leaf) {
                int granted = permit(attempt, raw, ipa, purpose, writes);
                update(descriptorAddress, raw, granted, writes);
                boolean stillClean = isClean(raw) && !writes;
                return new Leaf(output | Raw.bits(ipa, shift - 1, 0), shift, stillClean ? granted & ~2 : granted);
            }
            table = output;
            level++;
            highest = shift - 1;
        }
    }

    /** F_ACCESS and F_PERMISSION; what is granted, a clean page counted as writable. */
    private int permit(Attempt attempt, long raw, long ipa, int purpose, boolean writes) {
        if (!bit(raw, 10) && !updatesFlag() && !bit(dw2, 53)) {
            throw fault(attempt, Attempt.F_ACCESS, purpose, ipa);
        }
        boolean readable = bit(raw, 6);
        boolean writable = bit(raw, 7) || isClean(raw);
        boolean executable = executable(raw, attempt.privileged);
        FaultModel model = FaultModel.ofStage2(dw2);
        if (purpose != CLASS_IN) {
            boolean forbiddenDevice = nested && bit(dw2, 54) && isDevice(raw);
            boolean permitted = !forbiddenDevice && (writes ? writable : readable);
            if (!permitted && purpose == Attempt.CLASS_TT) {
                throw attempt.tablePermission(model, ipa, writes);
            }
            if (!permitted) {
                throw fault(attempt, Attempt.F_PERMISSION, purpose, ipa);
            }
        } else if (attempt.instruction ? !executable : attempt.reads && !readable || attempt.writes && !writable) {
            boolean namedAsRead = !attempt.writes || attempt.reads && writable && id.namesMissingDirection();
            throw attempt.stage2Fault(Attempt.F_PERMISSION, model, purpose, ipa, namedAsRead);
        }
        return Leaf.permissions(readable, writable, executable);
    }

    private void update(long descriptorAddress, long raw, int granted, boolean writes) {
        long after = updatesFlag() ? raw | 1L << 10 : raw;
        if (isClean(raw) && writes && (granted & 2) != 0) {
            after |= 1L << 7;
        }
        if (after != raw) {
            bus.store(descriptorAddress, Bus.inOrder(after, bit(dw2, 52)));
        }
    }

    private boolean updatesFlag() {
        return bit(dw2, 56);
    }

    private boolean isClean(long raw) {
        return updatesFlag() && bit(dw2, 55) && bit(raw, 51) && !bit(raw, 7);
    }

    private boolean executable(long raw, boolean privileged) {
        if (!id.stage2PrivilegedExecuteNever()) {
            return !bit(raw, 54);
        }
        return switch (field(raw, 54, 53)) {
            case 0 -> true;
            case 1 -> !privileged;
            case 2 -> false;
            default -> privileged;
        };
    }

    private boolean isDevice(long raw) {
        boolean forcedWriteBack = id.forcedWriteBack() && bit(dw1, 25);
        boolean reserved = field(raw, 3, 2) == 0;
        return forcedWriteBack ? !bit(raw, 4) : field(raw, 5, 4) == 0 || reserved;
    }

    private Stop fault(Attempt attempt, int number, int purpose, long ipa) {
        return attempt.stage2Fault(number, FaultModel.ofStage2(dw2), purpose, ipa, !attempt.writes);
    }
}
