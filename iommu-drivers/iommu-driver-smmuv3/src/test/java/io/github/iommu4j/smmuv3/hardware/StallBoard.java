package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A whole SMMU with a driver's queues, and a device that notes how its stalled accesses end. */
final class StallBoard {

    static final long STREAMS = 0x10_0000L;
    static final long CONTEXT = 0x18_0000L;
    static final long TABLES = 0x19_0000L;
    static final long STAGE2 = 0x1A_0000L;
    static final long COMMANDS = 0x20_0000L;
    static final long EVENTS = 0x30_0000L;
    static final int STREAM = 1;
    /** Mapped nowhere. */
    static final long VA = 0x1000;

    final SparseMemory memory = new SparseMemory();
    /** How stalls ended: stream, tag, outcome. */
    final List<String> ends = new ArrayList<>();
    /** What the device does on top. */
    Runnable onEnd = () -> {};

    final Smmuv3 smmu;
    private final int eventsLg2;
    private int consumed;

    StallBoard() {
        this(2, UnaryOperator.identity(), StallRecording.EVERY);
    }

    StallBoard(int eventsLg2, UnaryOperator<Smmuv3Capabilities.Builder> change, StallRecording recording) {
        this.eventsLg2 = eventsLg2;
        Endpoints endpoints = new Endpoints() {
            @Override
            public void resume(int streamId, int tag, Resumption outcome) {
                ends.add(streamId + " " + tag + " " + outcome);
                onEnd.run();
            }
        };
        smmu = Smmuv3.builder(memory)
                .capabilities(change.apply(Smmuv3Capabilities.everything().toBuilder())
                        .build())
                .endpoints(endpoints)
                .stallRecording(recording)
                .build();
        write(SmmuRegister.STRTAB_BASE, STREAMS);
        write(SmmuRegister.STRTAB_BASE_CFG, 4);
        write(SmmuRegister.CMDQ_BASE, COMMANDS | 6);
        write(SmmuRegister.EVENTQ_BASE, EVENTS | eventsLg2);
        write(SmmuRegister.CR0, 0xD);
        for (int stream = 1; stream < 4; stream++) {
            stream(stream, Words.stage1(CONTEXT));
        }
        context(stalling());
    }

    static StallBoard with(IdField field, int value) {
        return new StallBoard(2, builder -> builder.set(field, value), StallRecording.EVERY);
    }

    static Words stalling() {
        return Words.context(TABLES).set(0, ContextDescriptor.S, 1);
    }

    StallBoard context(Words cd) {
        cd.cd().writeTo(memory, CONTEXT);
        submit(Command.of(CommandOpcode.CFGI_STE_RANGE).with1(Command.RANGE, 31));
        return this;
    }

    StallBoard stream(int streamId, Words ste) {
        ste.ste().writeTo(memory, STREAMS + (long) streamId * StreamTableEntry.SIZE);
        submit(Command.of(CommandOpcode.CFGI_STE_RANGE).with1(Command.RANGE, 31));
        return this;
    }

    /** Maps {@link #VA} for the context: three levels of 4 KiB tables. */
    void map() {
        memory.store64(TABLES, TABLES + 0x1000 | Guest.TABLE);
        memory.store64(TABLES + 0x1000, TABLES + 0x2000 | Guest.TABLE);
        memory.store64(TABLES + 0x2000 + 8, 0x5000_0000L | Guest.PAGE);
    }

    void submit(Command... queued) {
        long prod = read(SmmuRegister.CMDQ_PROD);
        for (Command command : queued) {
            command.writeTo(memory, COMMANDS + 16 * (prod & 63));
            prod = prod + 1 & 127;
        }
        write(SmmuRegister.CMDQ_PROD, prod);
    }

    void resume(int streamId, int tag, int decision) {
        submit(Command.of(CommandOpcode.RESUME)
                .with0(Command.STREAM_ID, streamId)
                .with0(Command.AC, decision & 1)
                .with0(Command.AB, decision >>> 1)
                .with1(Command.RESUME_STAG, tag));
    }

    void terminate(int streamId) {
        submit(Command.of(CommandOpcode.STALL_TERM).with0(Command.STREAM_ID, streamId));
    }

    Translation read(int streamId, long iova) {
        return smmu.translate(DmaRequest.read(streamId, iova));
    }

    Translation.Stalled stalled(int streamId, long iova) {
        return (Translation.Stalled) read(streamId, iova);
    }

    /** The records that were not seen yet; the queue is empty then. */
    List<EventRecord> drain() {
        List<EventRecord> records = new ArrayList<>();
        long status = read(SmmuRegister.EVENTQ_PROD);
        int prod = (int) status & (2 << eventsLg2) - 1;
        while (consumed != prod) {
            records.add(EventRecord.readFrom(memory, EVENTS + 32L * (consumed & (1 << eventsLg2) - 1)));
            consumed = consumed + 1 & (2 << eventsLg2) - 1;
        }
        write(SmmuRegister.EVENTQ_CONS, status & 0x8000_0000L | consumed);
        return records;
    }

    boolean overflowed() {
        return (read(SmmuRegister.EVENTQ_PROD) & 0x8000_0000L) != 0;
    }

    void write(SmmuRegister register, long value) {
        smmu.registers().write(register.offset(), register.width(), value);
    }

    long read(SmmuRegister register) {
        return smmu.registers().read(register.offset(), register.width());
    }
}
