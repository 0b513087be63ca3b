package io.github.iommu4j.testkit.arbitraries;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The random beginnings are what they say, and do what they are for. */
class IommuArbitrariesProperties {

    private static final PageSizes SIZES = new PageSizes(0x1000 | 0x20_0000);
    private static final long WINDOW = 0x4000_0000L;
    private static final int PAGES = 64;

    @Provide
    Arbitrary<PciHardware> topologies() {
        return IommuArbitraries.topologies();
    }

    @Provide
    Arbitrary<List<DomainCall>> calls() {
        return IommuArbitraries.domainCalls(SIZES, WINDOW, PAGES);
    }

    @Provide
    Arbitrary<List<DmaRequest>> traffic() {
        return IommuArbitraries.dma(List.of(1, 2), WINDOW, 0x1_0000);
    }

    @Provide
    Arbitrary<long[]> tables() {
        return IommuArbitraries.guestTables(64);
    }

    private static final class Model {
        private final Mutex mutex;
        private int count;

        private Model(Mutex mutex) {
            this.mutex = mutex;
        }
    }

    @Provide
    Arbitrary<Scenario> scenarios() {
        return IommuArbitraries.concurrent(
                stage -> {
                    Model model = new Model(stage.locking().mutex(new LockClass("m")));
                    stage.invariant(
                            "never negative", () -> assertThat(model.count).isNotNegative());
                    return model;
                },
                List.of(
                        new TaskOperation<Model>("add", model -> locked(model, 1)),
                        new TaskOperation<Model>("add two", model -> locked(model, 2))),
                3,
                2);
    }

    private static void locked(Model model, int change) {
        model.mutex.lock();
        model.count += change;
        model.mutex.unlock();
    }

    @Property(tries = 200)
    void everyFunctionOfATopologyEndsInOneGroup(@ForAll("topologies") PciHardware hardware) {
        TestMachine machine = TestMachine.builder()
                .hardware(hardware)
                .iommu(new MockIommuDriver("dmar0", MockHost.intel(48)))
                .build()
                .boot(List.of());
        for (DeviceNode node : machine.pciBus().nodes()) {
            assertThat(machine.core().groups().stream()
                            .filter(group -> group.devices().contains(node))
                            .count())
                    .as("groups of %s", node)
                    .isEqualTo(1);
        }
        assertThat(machine.shutDown()).isEmpty();
    }

    @Property(tries = 200)
    void callsOnADomainAgreeWithAMapOfPages(@ForAll("calls") List<DomainCall> calls) {
        TestMachine machine = TestMachine.builder()
                .hardware(IommuArbitraries.topologies().sample())
                .platformDevice(DeviceNode.Identity.of("client", 1))
                .iommu(new MockIommuDriver("dmar0", MockHost.intel(48)))
                .build()
                .boot(List.of());
        IommuDomain domain = machine.core().newPagingDomain(machine.device("client"));
        Map<Long, Long> pages = new HashMap<>();
        for (DomainCall call : calls) {
            assertThat(call.iova() % SIZES.smallest()).isZero();
            if (call.kind() == DomainCall.Kind.MAP && call.on(domain) != 0) {
                for (long at = 0; at < call.size(); at += 0x1000) {
                    assertThat(pages.put(call.iova() + at, call.pa() + at)).isNull();
                }
            } else if (call.kind() == DomainCall.Kind.UNMAP) {
                long done = call.on(domain);
                for (long at = 0; at < done; at += 0x1000) {
                    pages.remove(call.iova() + at);
                }
            }
        }
        pages.forEach((iova, pa) -> assertThat(domain.iovaToPhys(iova)).isEqualTo(pa));
        domain.free();
        assertThat(Objects.requireNonNull(machine.device("client")).name()).isEqualTo("client");
    }

    @Property(tries = 200)
    void trafficIsOfTheStreamsAskedFor(@ForAll("traffic") List<DmaRequest> traffic) {
        traffic.forEach(request -> assertThat(request.streamId()).isIn(1, 2));
    }

    @Property(tries = 200)
    void guestTablesHaveTheLengthAskedFor(@ForAll("tables") long[] table) {
        assertThat(table).hasSize(64);
    }

    @Property(tries = 100)
    void concurrentScenariosCanBeExplored(@ForAll("scenarios") Scenario scenario) {
        Interleavings.of(scenario)
                .preemptionBound(1)
                .mostSchedules(50)
                .exhaustive()
                .requireNothingFound();
    }
}
