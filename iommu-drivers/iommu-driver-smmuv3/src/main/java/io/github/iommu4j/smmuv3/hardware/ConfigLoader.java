package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.hardware.FetchObserver.Purpose;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.jspecify.annotations.Nullable;

/**
 * Finds, reads and decodes STEs and CDs (IHI 0070 §3.3, §5.1-5.4), in the order of checks of §7.3.22. Thread-safe.
 */
final class ConfigLoader {

    private static final BitField STRTAB_ADDR = bits(51, 6);
    private static final BitField STRTAB_LOG2SIZE = bits(5, 0);
    private static final BitField STRTAB_SPLIT = bits(10, 6);
    private static final BitField STRTAB_FMT = bits(17, 16);

    private static final int STE_LG2 = 6;
    private static final int CD_LG2 = 6;
    private static final int POINTER_LG2 = 3;
    private static final int S1DSS_BYPASS = 1;
    private static final int S1DSS_SUBSTREAM_0 = 2;
    /** log2 of the CDs in a leaf table of 4 KiB and of 64 KiB. */
    private static final int SMALL_LEAF = 6, LARGE_LEAF = 10;

    private final PhysicalMemory memory;
    private final Smmuv3Capabilities capabilities;
    private final Walker walker;
    private final Counters counters;
    private final @Nullable FetchObserver observer;

    ConfigLoader(
            PhysicalMemory memory,
            Smmuv3Capabilities capabilities,
            Walker walker,
            Counters counters,
            @Nullable FetchObserver observer) {
        this.memory = memory;
        this.capabilities = capabilities;
        this.walker = walker;
        this.counters = counters;
        this.observer = observer;
    }

    /** Reads the STE of a StreamID. */
    Stream stream(ControlState control, int streamId) {
        int size = STRTAB_LOG2SIZE.getInt(control.streamTableConfig());
        int effective = Math.min(size, capabilities.sidSize());
        if (!Log2.fits(Integer.toUnsignedLong(streamId), effective)) {
            return Stream.refused(FaultWord.of(FaultWord.C_BAD_STREAMID), Cacheable.NO);
        }
        long base = STRTAB_ADDR.inPlace(control.streamTableBase());
        if (!capabilities.stLevel() || STRTAB_FMT.get(control.streamTableConfig()) != 1) {
            long aligned = Log2.alignDown(base, Math.min(64, size + STE_LG2));
            return streamAt(control, aligned + (Integer.toUnsignedLong(streamId) << STE_LG2));
        }
        return streamOfTwoLevels(control, base, size, streamId);
    }

    private Stream streamOfTwoLevels(ControlState control, long base, int size, int streamId) {
        int split = STRTAB_SPLIT.getInt(control.streamTableConfig());
        if (split != 8 && split != 10) {
            split = 6;
        }
        long aligned = Log2.alignDown(base, Math.max(6, size - split + POINTER_LG2));
        long at = aligned + ((Integer.toUnsignedLong(streamId) >>> split) << POINTER_LG2);
        long fetch = FaultWord.ofStructure(FaultWord.F_STE_FETCH, at);
        if (!Log2.fits(at, capabilities.oasBits())) {
            return Stream.refused(fetch, Cacheable.NO);
        }
        L1StreamTableDescriptor descriptor;
        try {
            counters.add(Counters.STRUCTURE, 1);
            descriptor = L1StreamTableDescriptor.readFrom(memory, at);
        } catch (BusErrorException e) {
            tellAborted(Purpose.L1STD, at);
            return Stream.refused(fetch, Cacheable.NO);
        }
        if (observer != null) {
            observer.l1std(at, descriptor);
        }
        int span = descriptor.span();
        long index = streamId & Log2.mask(split);
        if (span == 0 || span > split + 1 || index >= 1L << span - 1) {
            return Stream.refused(FaultWord.of(FaultWord.C_BAD_STREAMID), Cacheable.ILLEGAL);
        }
        return streamAt(control, descriptor.l2Ptr() + (index << STE_LG2));
    }

    private Stream streamAt(ControlState control, long at) {
        long fetch = FaultWord.ofStructure(FaultWord.F_STE_FETCH, at);
        if (!Log2.fits(at, capabilities.oasBits())) {
            return Stream.refused(fetch, Cacheable.NO);
        }
        StreamTableEntry entry;
        try {
            counters.add(Counters.STRUCTURE, 1);
            entry = StreamTableEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            tellAborted(Purpose.STE, at);
            return Stream.refused(fetch, Cacheable.NO);
        }
        if (observer != null) {
            observer.ste(at, entry);
        }
        return Stream.of(entry, capabilities, control.el2HostExtensions());
    }

    /**
     * The configuration of a substream, its CD read where stage 1 needs one.
     *
     * @param seen the epoch before the first read of this translation
     */
    StreamConfig config(long seen, Stream stream, int substreamId) {
        if (stream.isFault()) {
            return StreamConfig.refused(stream, stream.fault(), Cacheable.NO);
        }
        StreamTableEntry ste = stream.ste();
        if (ste.config() < StreamTableEntry.CONFIG_BYPASS) {
            return StreamConfig.refused(stream, FaultWord.abort(), Cacheable.LEGAL);
        }
        if (!ste.usesStage1()) {
            return substreamId >= 0
                    ? refused(stream, FaultWord.C_BAD_SUBSTREAMID)
                    : StreamConfig.withoutStage1(stream, capabilities);
        }
        int whenNone = StreamTableEntry.S1DSS.getInt(ste.dw1());
        int contextsLg2 = stream.contextsLg2();
        if (substreamId >= 0) {
            if (contextsLg2 == 0 || !Log2.fits(substreamId, contextsLg2)) {
                return refused(stream, FaultWord.C_BAD_SUBSTREAMID);
            }
            return substreamId == 0 && whenNone == S1DSS_SUBSTREAM_0
                    ? refused(stream, FaultWord.F_STREAM_DISABLED)
                    : context(seen, stream, substreamId);
        }
        if (contextsLg2 == 0 || whenNone == S1DSS_SUBSTREAM_0) {
            return context(seen, stream, 0);
        }
        return whenNone == S1DSS_BYPASS
                ? StreamConfig.withoutStage1(stream, capabilities)
                : refused(stream, FaultWord.F_STREAM_DISABLED);
    }

    private static StreamConfig refused(Stream stream, int code) {
        return StreamConfig.refused(stream, FaultWord.of(code), Cacheable.NO);
    }

    private StreamConfig context(long seen, Stream stream, int index) {
        long pointer = StreamTableEntry.S1CONTEXTPTR.inPlace(stream.ste().dw0());
        int contextsLg2 = stream.contextsLg2();
        if (contextsLg2 == 0) {
            return contextAt(seen, stream, pointer);
        }
        int format = StreamTableEntry.S1FMT.getInt(stream.ste().dw0());
        if (format == 1 || format == 2) {
            return contextOfTwoLevels(seen, stream, pointer, index, format == 1 ? SMALL_LEAF : LARGE_LEAF);
        }
        return contextAt(seen, stream, Log2.alignDown(pointer, contextsLg2 + CD_LG2) + ((long) index << CD_LG2));
    }

    private StreamConfig contextOfTwoLevels(long seen, Stream stream, long pointer, int index, int leafLg2) {
        int tableLg2 = Math.max(0, stream.contextsLg2() - leafLg2) + POINTER_LG2;
        long at = Log2.alignDown(pointer, Math.max(6, tableLg2)) + ((long) (index >>> leafLg2) << POINTER_LG2);
        if (stream.stageTwo() != null) {
            at = walker.contextAddress(seen, stream.stageTwo(), at, Purpose.L1CD);
            if (FaultWord.isFault(at)) {
                return StreamConfig.refused(stream, at, Cacheable.NO);
            }
        }
        L1ContextDescriptor descriptor;
        try {
            counters.add(Counters.STRUCTURE, 1);
            descriptor = L1ContextDescriptor.readFrom(memory, at);
        } catch (BusErrorException e) {
            return contextAborted(stream, Purpose.L1CD, at);
        }
        if (observer != null) {
            observer.l1cd(at, descriptor);
        }
        long leaf = Log2.alignDown(descriptor.l2Ptr(), leafLg2 + CD_LG2);
        int limit = stream.stageTwo() != null ? capabilities.iasBits() : capabilities.oasBits();
        if (!descriptor.valid() || !Log2.fits(leaf, limit)) {
            return StreamConfig.refused(stream, FaultWord.of(FaultWord.C_BAD_SUBSTREAMID), Cacheable.ILLEGAL);
        }
        return contextAt(seen, stream, leaf + ((index & Log2.mask(leafLg2)) << CD_LG2));
    }

    private StreamConfig contextAt(long seen, Stream stream, long address) {
        long at = address;
        if (stream.stageTwo() != null) {
            at = walker.contextAddress(seen, stream.stageTwo(), address, Purpose.CD);
            if (FaultWord.isFault(at)) {
                return StreamConfig.refused(stream, at, Cacheable.NO);
            }
        }
        ContextDescriptor descriptor;
        try {
            counters.add(Counters.STRUCTURE, 1);
            descriptor = ContextDescriptor.readFrom(memory, at);
        } catch (BusErrorException e) {
            return contextAborted(stream, Purpose.CD, at);
        }
        if (observer != null) {
            observer.cd(at, descriptor);
        }
        CdRule broken = CdRule.brokenBy(descriptor, stream, capabilities);
        return broken != null
                ? StreamConfig.illegal(stream, broken)
                : StreamConfig.withStage1(stream, descriptor, capabilities);
    }

    private StreamConfig contextAborted(Stream stream, Purpose purpose, long at) {
        tellAborted(purpose, at);
        return StreamConfig.refused(stream, FaultWord.ofStructure(FaultWord.F_CD_FETCH, at), Cacheable.NO);
    }

    private void tellAborted(Purpose purpose, long at) {
        if (observer != null) {
            observer.aborted(purpose, 0, at);
        }
    }
}
