package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.driver.StructureMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.hardware.QueueProcessing;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The invalidation queue as the driver fills it. */
class InvalidationRingTest {

    private static final String NIC = "0000:00:02.0";

    private final SparseMemory memory = new SparseMemory();
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
    private final VtdHost host = VtdHost.builder(KernelServices.builder(
                            memory, new ArenaAllocator(memory, VtdBench.ARENA, 1 << 24, new PlainLocking()))
                    .log(log)
                    .build())
            .build();

    private InvalidationRing ring(MmioRegion registers) {
        UnitRegisters access =
                new UnitRegisters("dmar0", registers, host.kernel().locking());
        InvalidationRing ring = new InvalidationRing(
                new VtdUnitParts(
                        host,
                        DmarUnit.ofEverything("dmar0", registers),
                        access,
                        new UnitCapabilities(access.cap(), access.ecap(), UnitCapabilities.Mode.LEGACY),
                        new StructureMemory(host.kernel().structures())),
                16);
        ring.start();
        return ring;
    }

    private Vtd unit() {
        return Vtd.builder(memory, VtdCapabilities.legacy()).build();
    }

    @Test
    void thousandsOfSubmissionsGoRound() {
        Vtd unit = unit();
        InvalidationRing ring = ring(unit.registers());
        for (int i = 0; i < 3000; i++) {
            assertThat(ring.submit(InvalidationDescriptor.iotlbDomain(i & 0xFF)))
                    .isNull();
        }
        assertThat(log.drain()).isEmpty();
        assertThat(unit.registers().read(VtdRegister.IQT.offset(), 8)).isEqualTo(6000 % 256 * 16);
    }

    @Test
    void anInvalidDescriptorIsSkippedAndTheQueueGoesOn() {
        Vtd unit = unit();
        InvalidationRing ring = ring(unit.registers());
        ring.submit(InvalidationDescriptor.iotlbGlobal());
        assertThat(ring.submit(new InvalidationDescriptor(0xF, 0, 0, 0))).isNull();
        assertThat(log.drain())
                .singleElement()
                .satisfies(line -> assertThat(line.text())
                        .contains("VT-d detected Invalidation Queue Error: Reason 3", "type 0xf"));
        assertThat(unit.registers().read(VtdRegister.FSTS.offset(), 4) & Fsts.IQE.mask())
                .isZero();
        assertThat(ring.submit(InvalidationDescriptor.iotlbGlobal())).isNull();
        assertThat(log.drain()).isEmpty();
    }

    /** A device that times out for a while. */
    private static final class Slow implements Endpoints {
        int timeouts;
        final List<InvalidateRequest> seen = new ArrayList<>();

        @Override
        public Reply invalidate(InvalidateRequest invalidation) {
            seen.add(invalidation);
            return timeouts-- > 0 ? Reply.TIMED_OUT : Reply.COMPLETED;
        }

        @Override
        public void respond(PrgResponse response) {}
    }

    private Vtd unitWith(Endpoints devices) {
        VtdCapabilities ats =
                VtdCapabilities.legacy().toBuilder().with(VtdFeature.DT).build();
        return Vtd.builder(memory, ats).endpoints(devices).build();
    }

    @Test
    void aDeviceThatTimesOutIsAskedAgain() {
        Slow slow = new Slow();
        InvalidationRing ring = ring(unitWith(slow).registers());
        slow.timeouts = 3;
        assertThat(ring.submit(InvalidationDescriptor.deviceTlb(0x10, 0x1000, 0)))
                .isNull();
        assertThat(slow.seen).hasSize(4);
        assertThat(log.drain())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line.text()).contains("Invalidation Time-out Error: SID 10"));
    }

    @Test
    void aDeviceThatNeverAnswersIsGivenUp() {
        Slow slow = new Slow();
        InvalidationRing ring = ring(unitWith(slow).registers());
        slow.timeouts = Integer.MAX_VALUE;
        assertThat(ring.submit(InvalidationDescriptor.deviceTlb(0x10, 0x1000, 0)))
                .isEqualTo(Errno.ETIMEDOUT);
        slow.timeouts = 0;
        assertThat(ring.submit(InvalidationDescriptor.iotlbGlobal())).isNull();
        assertThat(log.drain().get(8).text()).contains("is given up");
    }

    @Test
    void aCompletionNobodyWaitedForIsLoggedAndTheWaitGoesOn() {
        Vtd unit = Vtd.builder(memory, VtdCapabilities.legacy())
                .queueProcessing(QueueProcessing.STEPPED)
                .build();
        boolean[] told = new boolean[1];
        MmioRegion registers = new MmioRegion() {
            @Override
            public long size() {
                return unit.registers().size();
            }

            @Override
            public long read(long offset, int width) {
                long value = unit.registers().read(offset, width);
                if (offset != VtdRegister.FSTS.offset()) {
                    return value;
                }
                unit.step();
                boolean first = !told[0];
                told[0] = true;
                return first ? value | Fsts.ICE.mask() : value;
            }

            @Override
            public void write(long offset, int width, long value) {
                unit.registers().write(offset, width, value);
            }
        };
        InvalidationRing ring = ring(registers);
        assertThat(ring.submit(InvalidationDescriptor.iotlbGlobal())).isNull();
        assertThat(log.drain())
                .singleElement()
                .satisfies(line -> assertThat(line.text()).contains("Invalidation Completion Error: SID 0"));
    }

    @Test
    void severalTasksSubmitAtATime() throws InterruptedException {
        VtdBench.Plan plan = new VtdBench.Plan();
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.attached(NIC);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> broken = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            long base = 0x1000_0000L + t * 0x100_0000L;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 200; i++) {
                    domain.map(base, 0x8000_0000L, 0x3000, Prot.READ_WRITE);
                    domain.unmap(base, 0x3000);
                }
            });
            thread.setUncaughtExceptionHandler((where, why) -> broken.add(why));
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(broken).isEmpty();
    }
}
