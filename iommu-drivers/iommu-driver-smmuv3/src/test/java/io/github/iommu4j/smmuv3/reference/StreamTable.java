package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bits;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/** Finds the STE of a StreamID (IHI 0070 §3.3.1, §5.1, §6.3.24-25). */
final class StreamTable {

    private final Bus bus;
    private final IdRegisters id;
    private final ControlRegisters control;

    StreamTable(Bus bus, IdRegisters id, ControlRegisters control) {
        this.bus = bus;
        this.id = id;
        this.control = control;
    }

    StreamEntry find(Attempt attempt) {
        int config = control.streamTableConfig();
        int sizeLg2 = field(config, 5, 0);
        long streamId = Integer.toUnsignedLong(attempt.streamId);
        if (Raw.exceeds(streamId, Math.min(sizeLg2, id.sidSize()))) {
            throw badStreamId(attempt);
        }
        long base = Raw.bits(Raw.inPlace(control.streamTableBase(), 55, 6), id.outputAddressBits() - 1, 0);
        long address = id.twoLevelStreams() && field(config, 17, 16) == 1
                ? throughLevelOne(attempt, base, sizeLg2, streamId)
                : Raw.alignDown(base, sizeLg2 + 6) + streamId * 64;
        if (Raw.exceeds(address, id.outputAddressBits())) {
            throw attempt.fetchError(Attempt.F_STE_FETCH, address);
        }
        long[] words = bus.loadStructure(address, attempt.fetchError(Attempt.F_STE_FETCH, address));
        return new StreamEntry(words, id, control);
    }

    private long throughLevelOne(Attempt attempt, long base, int sizeLg2, long streamId) {
        int split = field(control.streamTableConfig(), 10, 6);
        if (split != 8 && split != 10) {
            split = 6;
        }
        long address = Raw.alignDown(base, Math.max(6, sizeLg2 - split + 3)) + 8 * (streamId >>> split);
        long descriptor = bus.load(address).orElseThrow(() -> attempt.fetchError(Attempt.F_STE_FETCH, address));
        int span = field(descriptor, 4, 0);
        long index = bits(streamId, split - 1, 0);
        if (span == 0 || span > 11 || span > split + 1 || index >= 1L << span - 1) {
            throw badStreamId(attempt);
        }
        return Raw.alignDown(Raw.inPlace(descriptor, 55, 6), 5 + span) + 64 * index;
    }

    private Stop badStreamId(Attempt attempt) {
        return control.recordsInvalidStreamId()
                ? attempt.configurationError(Attempt.C_BAD_STREAMID)
                : attempt.unrecorded(Attempt.C_BAD_STREAMID);
    }
}
