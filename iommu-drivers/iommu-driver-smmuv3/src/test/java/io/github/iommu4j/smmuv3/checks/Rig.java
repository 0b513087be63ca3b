package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.reference.ControlRegisters;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import io.github.iommu4j.smmuv3.reference.ReferenceSmmu;
import io.github.iommu4j.smmuv3.reference.Verdict;
import io.github.iommu4j.smmuv3.tables.Probe;
import io.github.iommu4j.smmuv3.tables.Scenario;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An SMMU as its driver sees it: registers, and queues that stand in memory. */
final class Rig {

    /** Where the queues of the first rig of a memory stand; the next one is {@link #QUEUE_AREA} further. */
    static final long QUEUES = 0x3000_0000L;

    static final long QUEUE_AREA = 0x2_0000;

    static final int CR0 = 0x20;
    static final int CR0ACK = 0x24;
    static final int CR2 = 0x2C;
    static final int GERROR = 0x60;
    static final int GERRORN = 0x64;
    static final int STRTAB_BASE = 0x80;
    static final int STRTAB_BASE_CFG = 0x88;
    static final int CMDQ_BASE = 0x90;
    static final int CMDQ_PROD = 0x98;
    static final int CMDQ_CONS = 0x9C;
    static final int EVENTQ_BASE = 0xA0;
    static final int EVENTQ_PROD = 0x100A8;
    static final int EVENTQ_CONS = 0x100AC;

    static final int SMMUEN = 1;
    static final int EVENTQEN = 4;
    static final int CMDQEN = 8;

    private static final int COMMANDS_LG2 = 8;
    private static final int EVENTS_LG2 = 8;
    private static final int OVERFLOW = 1 << 31;
    private static final long EVENT_AREA = 0x1_0000;

    private final TranslationUnit unit;
    private final PhysicalMemory memory;
    private final long queues;
    private int produced;
    private boolean updated;
    private int consumed;

    Rig(TranslationUnit unit, PhysicalMemory memory, long queues) {
        this.unit = unit;
        this.memory = memory;
        this.queues = queues;
    }

    TranslationUnit unit() {
        return unit;
    }

    MmioRegion registers() {
        return unit.registers();
    }

    IdRegisters id() {
        return IdRegisters.readFrom(registers());
    }

    /** Programs everything and enables translation. */
    void start(Scenario scenario, int cr2) {
        scenario.ram().memory().addRam(queues, QUEUE_AREA);
        start(scenario.streamTableBase(), scenario.streamTableConfig(), cr2);
    }

    void start(long streamTableBase, int streamTableConfig, int cr2) {
        write(CR0, 0);
        registers().write(STRTAB_BASE, 8, streamTableBase);
        write(STRTAB_BASE_CFG, streamTableConfig);
        write(CR2, cr2);
        registers().write(CMDQ_BASE, 8, queues | COMMANDS_LG2);
        write(CMDQ_PROD, 0);
        write(CMDQ_CONS, 0);
        registers().write(EVENTQ_BASE, 8, queues + EVENT_AREA | EVENTS_LG2);
        write(EVENTQ_PROD, 0);
        write(EVENTQ_CONS, 0);
        produced = 0;
        consumed = 0;
        enable(CMDQEN | EVENTQEN);
        command(Commands.cfgiAll());
        command(Commands.tlbi(Commands.TLBI_NSNH_ALL));
        sync();
        enable(CMDQEN | EVENTQEN | SMMUEN);
    }

    private void enable(int bits) {
        write(CR0, bits);
        if (read(CR0ACK) != bits) {
            throw new AssertionError("CR0ACK is 0x" + Integer.toHexString(read(CR0ACK)));
        }
    }

    void write(int offset, int value) {
        registers().write(offset, 4, Integer.toUnsignedLong(value));
    }

    int read(int offset) {
        return (int) registers().read(offset, 4);
    }

    /** Puts a command into the queue in memory; it is not announced yet. */
    void command(Commands.Command command) {
        long slot = queues + 16L * (produced & (1 << COMMANDS_LG2) - 1);
        memory.store64(slot, command.dw0());
        memory.store64(slot + 8, command.dw1());
        produced = produced + 1 & (2 << COMMANDS_LG2) - 1;
    }

    /** Adds a CMD_SYNC, rings the doorbell, and returns when everything was consumed. */
    void sync() {
        command(Commands.sync());
        write(CMDQ_PROD, produced);
        while (unit.step()) {
            Thread.onSpinWait();
        }
        if (read(CMDQ_CONS) != produced) {
            throw new AssertionError(String.format(
                    "CMDQ_CONS 0x%x, CMDQ_PROD 0x%x, GERROR 0x%x", read(CMDQ_CONS), produced, read(GERROR)));
        }
    }

    /** The records that software has not seen yet; empties the queue. */
    List<List<Long>> drainEvents() {
        int status = read(EVENTQ_PROD);
        int producer = status & (2 << EVENTS_LG2) - 1;
        List<List<Long>> records = new ArrayList<>();
        while (consumed != producer) {
            long slot = queues + EVENT_AREA + 32L * (consumed & (1 << EVENTS_LG2) - 1);
            records.add(List.of(
                    memory.load64(slot), memory.load64(slot + 8), memory.load64(slot + 16), memory.load64(slot + 24)));
            consumed = consumed + 1 & (2 << EVENTS_LG2) - 1;
        }
        write(EVENTQ_CONS, status & OVERFLOW | consumed);
        return records;
    }

    /** What the specification demands with the registers as they are. */
    ReferenceSmmu reference() {
        return new ReferenceSmmu(memory, id(), ControlRegisters.readFrom(registers()));
    }

    /**
     * Fails unless the model does with an access what the verdict says, record included. A page that was cached clean stays so,
     * when it is made dirty by another name, until it is invalidated.
     */
    void expect(Verdict verdict, Probe probe, Object context) {
        long packed = translate(probe);
        if (updated && lacksTheWriteOf(packed, verdict.packed())) {
            command(Commands.tlbi(Commands.TLBI_NSNH_ALL));
            sync();
            packed = translate(probe);
        }
        updated |= !verdict.updates().isEmpty();
        List<List<Long>> events = drainEvents();
        Verdict wanted = verdict.isStalled() ? verdict.tagged(Translations.stallTag(packed)) : verdict;
        List<List<Long>> due = wanted.event().isEmpty() ? List.of() : List.of(wanted.event());
        Map<Long, Long> words = new HashMap<>();
        wanted.updates().keySet().forEach(address -> words.put(address, memory.load64(address)));
        if (packed != wanted.packed() || !events.equals(due) || !words.equals(wanted.updates())) {
            throw new AssertionError(probe + "\n  model     " + new Verdict(packed, flat(events), words)
                    + "\n  reference " + wanted + "\n  " + context);
        }
        if (wanted.isStalled()) {
            command(Commands.resume(probe.streamId(), Translations.stallTag(packed), (int) packed & 3));
            sync();
        }
    }

    private long translate(Probe probe) {
        return unit.translate(probe.streamId(), probe.substreamId(), probe.address(), probe.accessBits());
    }

    private static boolean lacksTheWriteOf(long packed, long wanted) {
        return Translations.isOk(packed)
                && Translations.isOk(wanted)
                && (Translations.permissions(packed) & Access.WRITE_BIT) == 0
                && Translations.ok(
                                Translations.pa(packed),
                                Translations.sizeLg2(packed),
                                Translations.permissions(packed) | Access.WRITE_BIT)
                        == wanted;
    }

    /** Fails unless the model explains an access as the verdict says, without doing anything. */
    void expectExplained(Verdict verdict, Probe probe, Object context) {
        Explanation explanation = unit.explain(probe.request());
        boolean agrees = explanation.result() instanceof Translation.Ok ok
                ? Translations.ok(ok.pa(), ok.sizeLg2(), ok.permissions()) == verdict.packed()
                : codeOf(explanation.result()) == verdict.code() && !verdict.isOk();
        if (!agrees || !explanation.event().equals(verdict.event())) {
            throw new AssertionError(probe + "\n" + explanation.toText() + "  reference " + verdict + "\n  " + context);
        }
    }

    private static int codeOf(Translation failed) {
        return failed instanceof Translation.Stalled stalled ? stalled.code() : ((Translation.Fault) failed).code();
    }

    private static List<Long> flat(List<List<Long>> records) {
        return records.stream().flatMap(List::stream).toList();
    }
}
