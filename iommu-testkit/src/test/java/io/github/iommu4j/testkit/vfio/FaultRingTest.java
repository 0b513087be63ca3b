package io.github.iommu4j.testkit.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.Unrecoverable;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.fault.FaultRecord;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.vfio.FaultRegion;
import io.github.iommu4j.core.vfio.FaultRingReader;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/** The fault ring against a naive one, against users that write garbage, and under every interleaving. */
final class FaultRingTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final int SCHEDULES_IN_A_SHORT_RUN = 600;
    private static final long BASE = 0x4000;

    private static final class Ring {
        final Device device;
        final FaultRegion region;

        Ring(Locking locking, PhysicalMemory memory, int entries, Set<CoreErratum> errata) {
            BusType bus = new BusType("platform", locking, new DeferredProbe(locking));
            device = bus.add(DeviceNode.Identity.of("nic", 1));
            IommuCore.Builder builder = IommuCore.builder().locking(locking).release(KernelRelease.V6_1);
            errata.forEach(builder::erratum);
            region = new FaultRegion(builder.build(), new FaultRegion.Place(memory, BASE, entries));
        }

        static Ring of(int entries) {
            return new Ring(new PlainLocking(), new SparseMemory(), entries, Set.of());
        }

        boolean report(int number) {
            return region.onFault(device, fault(number)) == null;
        }

        FaultRingReader reader() {
            return new FaultRingReader(region::readProducer, region::writeConsumer);
        }

        int producer() {
            return (int) region.readProducer(8);
        }
    }

    private static FaultEvent fault(int number) {
        return new Unrecoverable(FaultReason.PTE_FETCH, FaultEvent.READ, -1, number, 0);
    }

    private static int number(@Nullable FaultEvent event) {
        return event == null ? -1 : (int) ((Unrecoverable) event).address();
    }

    /** What a user does: reports by the kernel, reads, or any write. */
    record Step(int kind, int value) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> values = Arbitraries.oneOf(Arbitraries.integers().between(-2, 10), Arbitraries.integers());
        return Arbitraries.integers()
                .between(0, 9)
                .flatMap(kind -> values.map(value -> new Step(kind, value)))
                .list()
                .ofMaxSize(80);
    }

    @Property(tries = 300)
    void F72_theRingIsAQueueOfBoundedLength(
            @ForAll @IntRange(min = 2, max = 9) int entries, @ForAll("steps") List<Step> steps) {
        Ring ring = Ring.of(entries);
        FaultRingReader reader = ring.reader();
        reader.open(1);
        Deque<Integer> twin = new ArrayDeque<>();
        int number = 0;
        long dropped = 0;
        for (Step step : steps) {
            if (step.kind() < 6) {
                number++;
                boolean room = twin.size() < entries - 1;
                assertThat(ring.report(number)).isEqualTo(room);
                if (room) {
                    twin.add(number);
                } else {
                    dropped++;
                }
            } else {
                Integer oldest = twin.poll();
                assertThat(number(reader.poll())).isEqualTo(oldest == null ? -1 : oldest);
            }
        }
        assertThat(ring.region.dropped()).isEqualTo(dropped);
    }

    @Property(tries = 500)
    void F75_noUserHarmsTheProducer(
            @ForAll @IntRange(min = 2, max = 8) int entries, @ForAll("steps") List<Step> steps) {
        Ring ring = Ring.of(entries);
        long before = ring.region.readProducer(0);
        int number = 0;
        int consumer = 0;
        boolean chosen = false;
        for (Step step : steps) {
            int producer = ring.producer();
            if (step.kind() < 5) {
                number++;
                boolean valid = consumer >= 0 && consumer < entries;
                boolean room = chosen && valid && (producer + 1) % entries != consumer;
                assertThat(ring.report(number)).isEqualTo(room);
                assertThat(ring.producer()).isEqualTo(room ? (producer + 1) % entries : producer);
            } else {
                int offset = step.kind() == 5 ? 0 : step.kind() < 9 ? 4 : step.value();
                try {
                    ring.region.writeConsumer(offset, step.value());
                    consumer = offset == 4 ? step.value() : consumer;
                    chosen |= offset == 0;
                } catch (io.github.iommu4j.api.IommuException refused) {
                    assertThat(offset != 4).isTrue();
                }
            }
            assertThat(ring.producer()).isBetween(0, entries - 1);
            assertThat(ring.region.readProducer(0) == before || chosen).isTrue();
        }
        for (int offset = 4096 + entries * FaultRecord.BYTES; offset < FaultRegion.PRODUCER_BYTES; offset += 8) {
            assertThat(ring.region.readProducer(offset)).as("beyond the ring").isZero();
        }
    }

    private static void readerAndProducer(Stage stage, int entries, Set<CoreErratum> errata) {
        Ring ring = new Ring(stage.validatedLocking(), stage.explored(new SparseMemory()), entries, errata);
        FaultRingReader reader = ring.reader();
        reader.open(1);
        List<Integer> recorded = new ArrayList<>();
        List<Integer> read = new ArrayList<>();
        stage.task("kernel", () -> {
            for (int number = 1; number <= entries + 1; number++) {
                if (ring.report(number)) {
                    recorded.add(number);
                }
            }
        });
        stage.task("user", () -> {
            for (int i = 0; i < 2; i++) {
                int number = number(reader.poll());
                if (number >= 0) {
                    read.add(number);
                }
            }
        });
        stage.atEnd("the user reads what was recorded, in order and whole", () -> {
            for (FaultEvent event = reader.poll(); event != null; event = reader.poll()) {
                read.add(number(event));
            }
            assertThat(read).isEqualTo(recorded);
            assertThat(ring.region.dropped()).isEqualTo(entries + 1 - recorded.size());
            assertThat(recorded).hasSizeGreaterThanOrEqualTo(entries - 1);
        });
    }

    @Example
    void F75_aConcurrentReaderSeesWholeEntriesInOrder() {
        for (int entries = 2; entries <= 8; entries++) {
            int size = entries;
            Exploration exploration = explore(stage -> readerAndProducer(stage, size, Set.of()));
            System.out.println("FIGURE explored fault ring of " + entries + ", reader: " + exploration);
            exploration.requireNothingFound();
        }
    }

    private static Exploration explore(io.github.iommu4j.testkit.explore.Scenario scenario) {
        Interleavings interleavings = Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(SCHEDULES_IN_A_SHORT_RUN);
        }
        return interleavings.exhaustive();
    }

    private static void garbage(Stage stage, int entries) {
        Ring ring = new Ring(stage.validatedLocking(), stage.explored(new SparseMemory()), entries, Set.of());
        ring.region.writeConsumer(0, 1);
        stage.task("kernel", () -> {
            for (int number = 1; number <= 2 * entries; number++) {
                ring.report(number);
            }
        });
        stage.task("user", () -> {
            for (int index : new int[] {entries, -1, 1, Integer.MAX_VALUE, 0}) {
                ring.region.writeConsumer(4, index);
            }
        });
        stage.task("second report", () -> ring.report(100));
        stage.atEnd("the index is one of the ring's, and the other page is untouched", () -> {
            assertThat(ring.producer()).isBetween(0, entries - 1);
            assertThat(ring.region.readProducer(0)).isEqualTo(1 | 4096L << 32);
            for (int i = 0; i < entries; i++) {
                long first = ring.region.readProducer(4096 + i * FaultRecord.BYTES);
                assertThat(first).isIn(0L, 1L);
            }
        });
    }

    @Example
    void F75_aUserThatWritesGarbageHarmsNobody() {
        for (int entries = 2; entries <= 8; entries++) {
            int size = entries;
            Exploration exploration = explore(stage -> garbage(stage, size));
            System.out.println("FIGURE explored fault ring of " + entries + ", garbage: " + exploration);
            exploration.requireNothingFound();
        }
    }
}
