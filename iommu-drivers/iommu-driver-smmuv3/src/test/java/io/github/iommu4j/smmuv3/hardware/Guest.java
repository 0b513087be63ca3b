package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.TlbInvalidation.Scope;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory with hand-made tables in front of a {@link Translator}: 1 GiB of RAM at 1 GiB, a linear stream table, and
 * tables taken from the RAM one page after the other. Descriptors are written as literal bits.
 */
final class Guest {

    static final long RAM = 0x4000_0000L;
    static final long STREAMS = RAM;
    static final long CONTEXTS = RAM + 0x10_0000;
    /** Where table pages are taken from. */
    static final long TABLES = RAM + 0x100_0000;

    /** A valid table descriptor's type. */
    static final long TABLE = 3;
    /** A stage-1 page for all: AF, nG, AP=01 (read and write at both privileges). */
    static final long PAGE = 0xC43;
    /** The same as a block. */
    static final long BLOCK = 0xC41;
    /** A stage-2 page: AF, S2AP=11, write-back, inner shareable. */
    static final long PAGE2 = 0x7FF;
    /** The same as a block. */
    static final long BLOCK2 = 0x7FD;

    static final int STREAM = 1;

    final SparseMemory memory = SparseMemory.empty();
    final List<EventRecord> events = new ArrayList<>();
    final CacheEpoch epoch = new CacheEpoch();
    final Translator smmu;
    ControlState control = new ControlState(true, false, true, false, false, 0, STREAMS, 8);
    private long nextTable = TABLES;

    Guest() {
        this(Smmuv3Capabilities.everything(), CacheGeometry.OFF);
    }

    Guest(Smmuv3Capabilities capabilities, CacheGeometry caches) {
        memory.addRam(RAM, 1L << 30);
        EventRecorder recorder = (seen, dw0, dw1, dw2, dw3) -> {
            if (seen != epoch.now()) {
                return EventRecorder.Outcome.STALE;
            }
            events.add(new EventRecord(dw0, dw1, dw2, dw3));
            return EventRecorder.Outcome.WRITTEN;
        };
        StalledTransactions stalls =
                new StalledTransactions(capabilities, epoch, recorder, Endpoints.NONE, StallRecording.EVERY);
        smmu = new Translator(memory, capabilities, caches, epoch, recorder, stalls);
        smmu.publish(control);
    }

    static Guest cached() {
        return new Guest(Smmuv3Capabilities.everything(), CacheGeometry.DEFAULT);
    }

    void control(ControlState state) {
        control = state;
        smmu.publish(state);
    }

    /** Takes an empty naturally aligned table. */
    long table(int bytes) {
        nextTable = (nextTable + bytes - 1) & -(long) bytes;
        long taken = nextTable;
        nextTable += bytes;
        return taken;
    }

    long table() {
        return table(4096);
    }

    Guest stream(int streamId, Words ste) {
        ste.ste().writeTo(memory, STREAMS + (long) streamId * StreamTableEntry.SIZE);
        return this;
    }

    /** Makes {@link #STREAM} a stage-1 stream with one CD. */
    Guest stage1(Words cd) {
        cd.cd().writeTo(memory, CONTEXTS);
        return stream(STREAM, Words.stage1(CONTEXTS));
    }

    /** Stores one descriptor. */
    Guest entry(long table, long index, long descriptor) {
        memory.store64(table + index * 8, descriptor);
        return this;
    }

    /** Maps a page of a 4 KiB granule table that starts at a level, making the tables between. */
    void map(long root, int level, long address, long descriptor) {
        map(root, level, 3, address, descriptor);
    }

    /** The same down to a given level, for blocks. */
    void map(long root, int level, int leafLevel, long address, long descriptor) {
        long table = root;
        for (int at = level; at < leafLevel; at++) {
            long slot = table + (address >>> 39 - 9 * at & 0x1FF) * 8;
            if ((memory.load64(slot) & 1) == 0) {
                memory.store64(slot, table() | TABLE);
            }
            table = memory.load64(slot) & 0xFFFF_FFFF_F000L;
        }
        memory.store64(table + (address >>> 39 - 9 * leafLevel & 0x1FF) * 8, descriptor);
    }

    Translation read(long iova) {
        return smmu.translate(DmaRequest.read(STREAM, iova));
    }

    Translation write(long iova) {
        return smmu.translate(DmaRequest.write(STREAM, iova));
    }

    Translation of(DmaRequest request) {
        return smmu.translate(request);
    }

    static DmaRequest privileged(Access access, long iova) {
        return DmaRequest.of(STREAM, iova, access).privileged();
    }

    void expectPa(long iova, long pa) {
        Translation result = read(iova);
        assertThat(result).isInstanceOf(Translation.Ok.class);
        assertThat(((Translation.Ok) result).pa()).isEqualTo(pa);
    }

    /** A read that must fault and be recorded; the record is the answer. */
    EventRecord fault(long iova, EventType type) {
        return fault(DmaRequest.read(STREAM, iova), type);
    }

    EventRecord fault(DmaRequest request, EventType type) {
        int before = events.size();
        Translation result = of(request);
        assertThat(result).isInstanceOf(Translation.Fault.class);
        Translation.Fault fault = (Translation.Fault) result;
        assertThat(fault.name()).isEqualTo(type.name());
        assertThat(fault.recorded()).isTrue();
        assertThat(events).hasSize(before + 1);
        EventRecord record = events.get(before);
        assertThat(record.number()).isEqualTo(type.number());
        assertThat(record.streamId()).isEqualTo(request.streamId());
        return record;
    }

    /** An access that must abort without a record. */
    void silentAbort(DmaRequest request) {
        int before = events.size();
        assertThat(of(request))
                .isEqualTo(new Translation.Fault(0, "ABORT", io.github.iommu4j.api.dma.FaultResponse.ABORT, false));
        assertThat(events).hasSize(before);
    }

    /** A TLB invalidation of everything a scope and tags name. */
    void invalidate(Scope scope, int vmid, int asid) {
        invalidate(scope, vmid, asid, 0, -1L);
    }

    /** The same in a range, for entries of any granule and level. */
    void invalidate(Scope scope, int vmid, int asid, long first, long last) {
        smmu.invalidation().tlb(new TlbInvalidation(scope, vmid, 0xFFFF, asid, first, last, 0, 0, false));
    }
}
