package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.driver.StructureMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr2;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Gbpa;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCfg;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCtrl;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.jspecify.annotations.Nullable;

/** One unit: brought up, and shut down (Linux {@code arm_smmu_device}). Thread-safe once it is made. */
final class SmmuUnit {

    /** Inner shareable, write-back: QUEUE_SH, QUEUE_OC, QUEUE_IC, and the same for tables (§6.3.11). */
    private static final long WRITE_BACK_INNER_SHAREABLE = 0xD75;

    /** Device-nGnRE, as STE.MemAttr says it. */
    private static final long DEVICE_MEMORY = 1;

    private static final int ALL_STREAMS = 31;
    private static final int EVENT_WORDS_LG2 = 2;
    private static final int PAGE_REQUEST_WORDS_LG2 = 1;
    private static final int WORD_LG2 = 3;

    private final SmmuHost host;
    private final StructureParts parts;
    private final UnitRegisters registers;
    private final UnitFeatures features;
    private final GlobalErrors errors;
    private final CommandRing ring;
    private final StreamTable streamTable;
    private final StreamEntries entries;
    private final StreamMap streams;
    private final InputQueue events;
    private final @Nullable InputQueue pageRequests;
    private final AddressSpaceIds vmids;

    /**
     * Takes memory and brings the unit up, in Linux's order.
     *
     * @throws IommuException {@code ENXIO} for a unit that cannot be driven; {@code ENOMEM}; {@code ETIMEDOUT}. Nothing is
     *     left then
     */
    SmmuUnit(String name, MmioRegion region, SmmuHost host) {
        this.host = host;
        this.parts = new StructureParts(
                name,
                host.kernel().memory(),
                new StructureMemory(host.kernel().structures()),
                host.kernel().log(),
                host.kernel().release(),
                host.errata());
        SmmuRegisters plain =
                new SmmuRegisters(host.has(SmmuOption.PAGE0_REGISTERS_ONLY) ? new PageZero(region) : region);
        this.registers = new UnitRegisters(name, plain, host.kernel().locking());
        this.features = new UnitFeatures(name, registers, host);
        this.vmids = AddressSpaceIds.ofUnit(host.kernel().locking());
        this.entries = new StreamEntries(host.kernel().release());
        this.errors =
                new GlobalErrors(parts, plain, host.kernel().locking(), () -> registers.write(SmmuRegister.CR0, 0));
        try {
            this.ring = commandRing(plain);
            this.events = queue(InputQueue.Place.EVENTS, features.eventQueueLg2(), EVENT_WORDS_LG2);
            this.pageRequests = features.has(SmmuFeature.PRI)
                    ? queue(InputQueue.Place.PAGE_REQUESTS, features.pageRequestQueueLg2(), PAGE_REQUEST_WORDS_LG2)
                    : null;
            this.streamTable = newStreamTable();
            this.streams = new StreamMap(this);
            bringUp();
        } catch (IommuException refusal) {
            parts.structures().freeAll();
            throw refusal;
        }
    }

    private CommandRing commandRing(SmmuRegisters plain) {
        boolean writes = features.has(SmmuFeature.MSI)
                && features.has(SmmuFeature.COHERENCY)
                && !host.has(SmmuOption.MSI_POLLING_OFF);
        SyncSignal signal = writes ? SyncSignal.MSI : features.has(SmmuFeature.SEV) ? SyncSignal.SEV : SyncSignal.NONE;
        CommandRing.Setup setup =
                new CommandRing.Setup(parts, plain, host.kernel().locking(), host.clock(), () -> {
                    host.polling().run();
                    errors.step();
                });
        return new CommandRing(setup, features.commandQueueLg2(), signal);
    }

    private InputQueue queue(InputQueue.Place place, int sizeLg2, int wordsLg2) {
        String name = place.equals(InputQueue.Place.EVENTS) ? "evtq" : "priq";
        QueueMemory taken = QueueMemory.allocate(parts, name, sizeLg2, 1 << wordsLg2 + WORD_LG2);
        return new InputQueue(registers.plain(), host.kernel().memory(), place, new InputQueue.Shape(taken, wordsLg2));
    }

    private StreamTable newStreamTable() {
        StreamTable.Levels levels =
                features.has(SmmuFeature.TWO_LEVEL_STREAM_TABLE) ? StreamTable.Levels.TWO : StreamTable.Levels.LINEAR;
        StreamTable table = new StreamTable(parts, ring, features.sidBits(), levels);
        if (host.has(SmmuOption.SKIP_PREFETCH)) {
            table.hint(StreamTable.PrefetchHint.SKIPPED);
        }
        return table;
    }

    /** A unit that is given up is off before its memory goes: queues may be on by then. */
    private void bringUp() {
        try {
            reset();
        } catch (IommuException refusal) {
            giveUp();
            throw refusal;
        }
    }

    private void giveUp() {
        try {
            disable();
        } catch (IommuException silence) {
            parts.print(KernelLog.Level.ERR, "failed to clear cr0");
        }
    }

    private void reset() {
        if (Cr0.SMMUEN.isSet(registers.read(SmmuRegister.CR0))) {
            parts.print(KernelLog.Level.WARNING, "SMMU currently enabled! Resetting...");
            registers.updateGbpa(Gbpa.ABORT.mask(), 0);
        }
        disable();
        registers.write(SmmuRegister.CR1, WRITE_BACK_INNER_SHAREABLE);
        long e2h = features.has(SmmuFeature.E2H) ? Cr2.E2H.mask() : 0;
        registers.write(SmmuRegister.CR2, Cr2.PTM.mask() | Cr2.RECINVSID.mask() | e2h);
        registers.write(SmmuRegister.STRTAB_BASE, streamTable.base());
        registers.write(SmmuRegister.STRTAB_BASE_CFG, Integer.toUnsignedLong(streamTable.baseConfig()));
        ring.start();
        long enables = enable(0, Cr0.CMDQEN.mask());
        forgetEverything();
        events.start();
        enables = enable(enables, Cr0.EVENTQEN.mask());
        if (pageRequests != null) {
            pageRequests.start();
            enables = enable(enables, Cr0.PRIQEN.mask());
        }
        if (features.has(SmmuFeature.ATS)) {
            enables = enable(enables, Cr0.ATSCHK.mask());
        }
        enableInterrupts();
        if (detachedDevicesPass()) {
            registers.updateGbpa(0, Gbpa.ABORT.mask());
        }
        enable(enables, Cr0.SMMUEN.mask());
    }

    private long enable(long enables, long more) {
        registers.writeAcknowledged(SmmuRegister.CR0, SmmuRegister.CR0ACK, enables | more);
        return enables | more;
    }

    /** Caches hold anything after reset (§3.17), and what an earlier kernel left. */
    private void forgetEverything() {
        require(ring.issueAndSync(Command.of(CommandOpcode.CFGI_STE_RANGE).with1(Command.RANGE, ALL_STREAMS)));
        if (features.has(SmmuFeature.HYP)) {
            require(ring.issue(Command.of(CommandOpcode.TLBI_EL2_ALL)));
        }
        require(ring.issueAndSync(Command.of(CommandOpcode.TLBI_NSNH_ALL)));
    }

    private void require(@Nullable Errno failure) {
        if (failure != null) {
            throw new IommuException(failure, parts.name() + " does not take commands");
        }
    }

    private void enableInterrupts() {
        registers.writeAcknowledged(SmmuRegister.IRQ_CTRL, SmmuRegister.IRQ_CTRLACK, 0);
        MessageVectors vectors = host.messages();
        if (features.has(SmmuFeature.MSI)) {
            message(SmmuRegister.GERROR_IRQ_CFG0, vectors == null ? 0 : vectors.errorData());
            message(SmmuRegister.EVENTQ_IRQ_CFG0, vectors == null ? 0 : vectors.eventData());
            if (pageRequests != null) {
                message(SmmuRegister.PRIQ_IRQ_CFG0, vectors == null ? 0 : vectors.pageRequestData());
            }
        }
        long interrupts = IrqCtrl.EVENTQ_IRQEN.mask()
                | IrqCtrl.GERROR_IRQEN.mask()
                | (pageRequests != null ? IrqCtrl.PRIQ_IRQEN.mask() : 0);
        registers.writeAcknowledged(SmmuRegister.IRQ_CTRL, SmmuRegister.IRQ_CTRLACK, interrupts);
    }

    /** Where a message goes; without vectors to nowhere, which leaves the wire. */
    private void message(SmmuRegister addressRegister, int data) {
        MessageVectors vectors = host.messages();
        long address = vectors == null ? 0 : IrqCfg.ADDR.inPlace(vectors.address());
        registers.write(addressRegister, address);
        if (vectors != null) {
            SmmuRegister[] all = SmmuRegister.values();
            registers.write(all[addressRegister.ordinal() + 1], Integer.toUnsignedLong(data));
            registers.write(all[addressRegister.ordinal() + 2], DEVICE_MEMORY);
        }
    }

    private void disable() {
        registers.writeAcknowledged(SmmuRegister.CR0, SmmuRegister.CR0ACK, 0);
    }

    /** Switches everything off and gives the memory back. No device may be behind the unit. */
    void shutDown() {
        host.kernel().log().warnOn(streams.count() != 0, parts.name() + " has devices");
        registers.writeAcknowledged(SmmuRegister.IRQ_CTRL, SmmuRegister.IRQ_CTRLACK, 0);
        disable();
        parts.structures().freeAll();
    }

    SmmuHost host() {
        return host;
    }

    String name() {
        return parts.name();
    }

    StructureParts parts() {
        return parts;
    }

    UnitFeatures features() {
        return features;
    }

    GlobalErrors errors() {
        return errors;
    }

    CommandRing ring() {
        return ring;
    }

    StreamTable streamTable() {
        return streamTable;
    }

    StreamEntries entries() {
        return entries;
    }

    StreamMap streams() {
        return streams;
    }

    InputQueue events() {
        return events;
    }

    @Nullable
    InputQueue pageRequests() {
        return pageRequests;
    }

    AddressSpaceIds vmids() {
        return vmids;
    }

    /** Whether a device without a domain passes. */
    boolean detachedDevicesPass() {
        return host.has(SmmuOption.DETACHED_DEVICES_BYPASS)
                && host.kernel().release().smmuv3MayLetDetachedDevicesPass();
    }
}
