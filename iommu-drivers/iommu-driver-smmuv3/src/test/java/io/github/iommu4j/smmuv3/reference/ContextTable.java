package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Attempt.CLASS_CD;
import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.bits;

import org.jspecify.annotations.Nullable;

/** Finds the CD of an access (IHI 0070 §3.3.2, §5.2, §5.3). */
final class ContextTable {

    private final Bus bus;
    private final IdRegisters id;
    private final StreamEntry ste;
    private final @Nullable StageTwo stageTwo;

    ContextTable(Bus bus, IdRegisters id, StreamEntry ste, @Nullable StageTwo stageTwo) {
        this.bus = bus;
        this.id = id;
        this.ste = ste;
        this.stageTwo = stageTwo;
    }

    /** The eight words of the CD; none when S1DSS bypasses stage 1. */
    long[] find(Attempt attempt) {
        int contextBits = ste.contextBits();
        if (contextBits == 0) {
            if (attempt.hasSubstream()) {
                throw attempt.configurationError(Attempt.C_BAD_SUBSTREAMID);
            }
            return fetch(attempt, ste.contextPointer());
        }
        if (attempt.hasSubstream()) {
            if (Raw.exceeds(attempt.substreamId, contextBits)) {
                throw attempt.configurationError(Attempt.C_BAD_SUBSTREAMID);
            }
            if (attempt.substreamId == 0 && ste.defaultSubstream() == 2) {
                throw attempt.configurationError(Attempt.F_STREAM_DISABLED);
            }
            return fetch(attempt, locate(attempt, attempt.substreamId));
        }
        return switch (ste.defaultSubstream()) {
            case 1 -> new long[0];
            case 2 -> fetch(attempt, locate(attempt, 0));
            default -> throw attempt.configurationError(Attempt.F_STREAM_DISABLED);
        };
    }

    private long locate(Attempt attempt, long index) {
        int contextBits = ste.contextBits();
        long base = ste.contextPointer();
        if (ste.contextFormat() == 0) {
            return Raw.alignDown(base, contextBits + 6) + 64 * index;
        }
        int leafBits = ste.contextFormat() == 1 ? 6 : 10;
        long level1 = Raw.alignDown(base, Math.max(6, contextBits - leafBits + 3)) + 8 * (index >>> leafBits);
        long pa = physical(attempt, level1);
        long descriptor = bus.load(pa).orElseThrow(() -> attempt.fetchError(Attempt.F_CD_FETCH, pa));
        long leaf = Raw.inPlace(descriptor, 55, leafBits + 6);
        if (!bit(descriptor, 0) || Raw.exceeds(leaf, id.outputAddressBits())) {
            throw attempt.configurationError(Attempt.C_BAD_SUBSTREAMID);
        }
        return leaf + 64 * bits(index, leafBits - 1, 0);
    }

    private long[] fetch(Attempt attempt, long address) {
        long pa = physical(attempt, address);
        return bus.loadStructure(pa, attempt.fetchError(Attempt.F_CD_FETCH, pa));
    }

    private long physical(Attempt attempt, long address) {
        return stageTwo == null
                ? address
                : stageTwo.translate(attempt, address, CLASS_CD).address();
    }
}
