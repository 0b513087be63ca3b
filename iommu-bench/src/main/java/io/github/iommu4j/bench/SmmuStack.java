package io.github.iommu4j.bench;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.driver.SmmuHost;
import io.github.iommu4j.smmuv3.driver.Smmuv3Driver;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One page mapped and unmapped through the whole stack of an SMMUv3: core, driver, commands in memory, and hardware that
 * executes them. Its parts are measured beside it, and laziness beside strictness: the bar is that a lazy unmap, 256 of which
 * share a flush, costs a fifth of a strict one.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx1g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class SmmuStack {

    /** Unmaps that share a flush. */
    static final int BATCH = 256;

    private static final String UNIT = "9050000.smmuv3";
    private static final int STREAM = 0x110;
    private static final long PAGE = 0x1000;
    private static final long IOVA = 0x1000_0000L;
    private static final long PA = 0x8_8000_0000L;

    private final Stack stack = Stack.boot();
    private final IommuDomain domain = stack.domain;

    /**
     * A machine with one device, to which a user's domain is attached.
     *
     * @param unit the hardware
     * @param domain the domain
     */
    private record Stack(Smmuv3 unit, IommuDomain domain) {
        static Stack boot() {
            SparseMemory memory = new SparseMemory();
            PlainLocking locking = new PlainLocking();
            ArenaAllocator arena = new ArenaAllocator(memory, 0x4000_0000L, 0x1000_0000L, locking);
            Smmuv3 unit = Smmuv3.builder(memory)
                    .capabilities(Smmuv3Capabilities.everything().toBuilder()
                            .set(IdField.SIDSIZE, 16)
                            .build())
                    .build();
            Smmuv3Driver driver = Smmuv3Driver.start(
                    UNIT,
                    unit.registers(),
                    SmmuHost.builder(KernelServices.builder(memory, arena)
                                    .locking(locking)
                                    .build())
                            .build());
            FwSpec description = new FwSpec(UNIT, List.of(STREAM));
            IommuCore core = IommuCore.builder()
                    .locking(locking)
                    .firmware(device -> description)
                    .build();
            BusType bus = new BusType("platform", locking, new DeferredProbe(locking));
            core.watch(bus);
            core.register(driver);
            DeviceNode device = bus.add(DeviceNode.Identity.of("nic", STREAM));
            device.setFwSpec(description);
            core.probe(device);
            IommuGroup group = Objects.requireNonNull(core.groupOf(device));
            IommuDomain domain = core.newPagingDomain(device);
            group.dmaOwnership().claim(core);
            group.attach(domain);
            return new Stack(unit, domain);
        }
    }

    /** Looks that what is measured does what it says, and leaves the tables above the pages. */
    @Setup
    public void check() {
        mapAndUnmapStrictly();
        requireUnmapped();
        mapAndUnmapBatchStrictly();
        requireUnmapped();
        mapAndUnmapLazily();
        requireUnmapped();
    }

    private void requireUnmapped() {
        long answer = stack.unit.translate(STREAM, TranslationUnit.NO_SUBSTREAM, IOVA, Access.READ.bits());
        if (Translations.isOk(answer)) {
            throw new IllegalStateException("an unmapped page is still reached");
        }
    }

    /** Everything: map, unmap, commands written, executed and waited for. */
    @Benchmark
    public long mapAndUnmapStrictly() {
        domain.map(IOVA, PA, PAGE, Prot.READ_WRITE);
        return domain.unmap(IOVA, PAGE);
    }

    /** The same without invalidation: what the core and the page table take. */
    @Benchmark
    public long mapAndUnmapWithoutInvalidation() {
        domain.map(IOVA, PA, PAGE, Prot.READ_WRITE);
        return domain.unmapFast(IOVA, PAGE, IotlbGather.queued());
    }

    /** An invalidation and its CMD_SYNC alone: the ring, the queue in memory, the hardware that executes. */
    @Benchmark
    public void invalidate() {
        IotlbGather gather = new IotlbGather();
        gather.addPage(IOVA, PAGE, () -> {});
        domain.iotlbSync(gather);
    }

    /** A flush of the whole domain alone. */
    @Benchmark
    public void flush() {
        domain.flushIotlbAll();
    }

    /** Pages mapped and unmapped one by one, whose invalidation is one flush in the end. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long mapAndUnmapLazily() {
        long unmapped = 0;
        for (int page = 0; page < BATCH; page++) {
            domain.map(IOVA + page * PAGE, PA + page * PAGE, PAGE, Prot.READ_WRITE);
        }
        for (int page = 0; page < BATCH; page++) {
            unmapped += domain.unmapFast(IOVA + page * PAGE, PAGE, IotlbGather.queued());
        }
        domain.flushIotlbAll();
        return unmapped;
    }

    /** The same strictly: each unmap waits for its own invalidation. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long mapAndUnmapBatchStrictly() {
        long unmapped = 0;
        for (int page = 0; page < BATCH; page++) {
            domain.map(IOVA + page * PAGE, PA + page * PAGE, PAGE, Prot.READ_WRITE);
        }
        for (int page = 0; page < BATCH; page++) {
            unmapped += domain.unmap(IOVA + page * PAGE, PAGE);
        }
        return unmapped;
    }
}
