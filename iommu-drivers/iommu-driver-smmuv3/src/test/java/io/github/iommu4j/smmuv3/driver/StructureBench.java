package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** A unit of hardware, and the structures of the driver in front of it, brought up by hand. */
final class StructureBench {

    /** What a bench is built from. */
    static final class Plan {
        KernelRelease release = KernelRelease.V6_12;
        KernelLog.WarnPolicy policy = KernelLog.WarnPolicy.THROW;
        PhysicalMemory memory = new SparseMemory();
        /** What the hardware sees; {@code null} for the same. */
        PhysicalMemory hardwareMemory = memory;

        Smmuv3Capabilities capabilities = Smmuv3Capabilities.linuxVirt10();
        CacheGeometry caches = CacheGeometry.DEFAULT;
        CommandProcessing processing = CommandProcessing.ON_DOORBELL;
        UnaryOperator<MmioRegion> wires = region -> region;
        Locking locking = new PlainLocking();
        LongSupplier ticker = System::nanoTime;
        int sizeLg2 = 8;
        SyncSignal signal = SyncSignal.NONE;
        int sidBits = 10;
        StreamTable.Levels levels = StreamTable.Levels.TWO;
        /** Whether errors are looked after while somebody polls. */
        Polling polling = Polling.HANDLES_ERRORS;

        Smmuv3Erratum[] errata = {};
        Runnable alsoWhilePolling = () -> {};

        Plan memory(PhysicalMemory seen) {
            memory = seen;
            hardwareMemory = seen;
            return this;
        }

        StructureBench boot() {
            return new StructureBench(this);
        }
    }

    /** What happens while a task polls. */
    enum Polling {
        HANDLES_ERRORS,
        STEPS_HARDWARE_AND_HANDLES_ERRORS,
        DOES_NOTHING
    }

    final PhysicalMemory memory;
    final Smmuv3 unit;
    final StructureParts parts;
    final SmmuRegisters registers;
    final GlobalErrors errors;
    final CommandRing ring;
    final StreamTable streams;
    private final KernelRelease release;

    private StructureBench(Plan plan) {
        memory = plan.memory;
        release = plan.release;
        unit = Smmuv3.builder(plan.hardwareMemory)
                .capabilities(plan.capabilities)
                .caches(plan.caches)
                .commandProcessing(plan.processing)
                .build();
        parts = Structures.parts(memory, release, plan.policy, plan.errata);
        registers = new SmmuRegisters(plan.wires.apply(unit.registers()));
        errors = new GlobalErrors(parts, registers, plan.locking, () -> registers.write(SmmuRegister.CR0, 0));
        ring = new CommandRing(
                new CommandRing.Setup(parts, registers, plan.locking, plan.ticker, () -> {
                    plan.alsoWhilePolling.run();
                    poll(plan.polling);
                }),
                plan.sizeLg2,
                plan.signal);
        streams = new StreamTable(parts, ring, plan.sidBits, plan.levels);
        ring.start();
        registers.write(SmmuRegister.STRTAB_BASE, streams.base());
        registers.write(SmmuRegister.STRTAB_BASE_CFG, streams.baseConfig());
        registers.write(SmmuRegister.CR0, Cr0.CMDQEN.mask() | Cr0.SMMUEN.mask());
        parts.log().drain();
    }

    private void poll(Polling polling) {
        if (polling == Polling.STEPS_HARDWARE_AND_HANDLES_ERRORS) {
            unit.step();
        }
        if (polling != Polling.DOES_NOTHING) {
            errors.step();
        }
    }

    StreamTableEntry bypass() {
        return new StreamEntries(release).bypass(Set.of());
    }

    StreamTableEntry abort() {
        return new StreamEntries(release).abort();
    }

    Translation read(int streamId, long iova) {
        return unit.translate(DmaRequest.read(streamId, iova));
    }

    /** Lines of the log since it was asked last. */
    String log() {
        StringBuilder text = new StringBuilder();
        parts.log().drain().forEach(line -> text.append(line.text()).append('\n'));
        return text.toString();
    }
}
