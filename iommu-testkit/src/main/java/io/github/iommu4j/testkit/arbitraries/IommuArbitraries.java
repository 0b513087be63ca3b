package io.github.iommu4j.testkit.arbitraries;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.topology.AccessControl;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Random beginnings. Every one shrinks towards what is small and plain. */
public final class IommuArbitraries {

    private static final int MOST_SLOTS = 8;
    private static final long PAGE = 0x1000;

    private IommuArbitraries() {}

    /** What is in a slot of the root bus. */
    private enum Slot {
        EMPTY,
        FUNCTION,
        MULTIFUNCTION,
        ISOLATING_PORT,
        PLAIN_PORT,
        CONVENTIONAL_BRIDGE
    }

    /**
     * PCI trees: a root bus with functions, multifunction devices, root ports with and without isolation, and conventional
     * bridges, each with one or two functions behind.
     *
     * @return what is plugged in; enumerate it with {@code PciHost}
     */
    public static Arbitrary<PciHardware> topologies() {
        return Arbitraries.of(Slot.class)
                .list()
                .ofMinSize(1)
                .ofMaxSize(MOST_SLOTS)
                .map(IommuArbitraries::plugged);
    }

    private static PciHardware plugged(List<Slot> slots) {
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        int nextBus = 1;
        for (int i = 0; i < slots.size(); i++) {
            RequesterId id = new RequesterId(0, 0, i + 1, 0);
            switch (slots.get(i)) {
                case EMPTY -> {
                    // Nothing is there.
                }
                case FUNCTION -> hardware.plug(id, PciFunction.at(id));
                case MULTIFUNCTION -> plugBoth(hardware, 0, i + 1);
                case ISOLATING_PORT -> plugPort(hardware, id, nextBus++, AccessControl.ISOLATION);
                case PLAIN_PORT -> plugPort(hardware, id, nextBus++, 0);
                case CONVENTIONAL_BRIDGE -> {
                    hardware.plug(id, PciFunction.at(id).bridgeTo(nextBus, nextBus));
                    plugBoth(hardware, nextBus++, 1);
                }
            }
        }
        return hardware;
    }

    private static void plugBoth(PciHardware hardware, int bus, int slot) {
        for (int function = 0; function < 2; function++) {
            RequesterId id = new RequesterId(0, bus, slot, function);
            hardware.plug(id, PciFunction.at(id).multifunctionBit());
        }
    }

    private static void plugPort(PciHardware hardware, RequesterId port, int bus, int accessControl) {
        hardware.plug(
                port,
                PciFunction.at(port)
                        .express(PciePortType.ROOT_PORT)
                        .accessControl(new AccessControl(accessControl, accessControl))
                        .bridgeTo(bus, bus));
        RequesterId endpoint = new RequesterId(0, bus, 0, 0);
        hardware.plug(endpoint, PciFunction.at(endpoint).express(PciePortType.ENDPOINT));
    }

    /**
     * Calls on a domain in a window of addresses, aligned to the smallest page; many overlap.
     *
     * @param sizes the domain's page sizes
     * @param window first address, aligned to every page size
     * @param pages how many smallest pages the window has
     * @return sequences of up to 60 calls
     */
    public static Arbitrary<List<DomainCall>> domainCalls(PageSizes sizes, long window, int pages) {
        long smallest = sizes.smallest();
        Arbitrary<Long> iova = Arbitraries.integers().between(0, pages - 1).map(page -> window + page * smallest);
        Arbitrary<Long> pa = Arbitraries.integers().between(1, 1 << 16).map(page -> page * smallest);
        Arbitrary<Long> size = Arbitraries.frequencyOf(
                        Tuple.of(4, Arbitraries.integers().between(1, 4)),
                        Tuple.of(1, Arbitraries.integers().between(1, Math.max(1, pages / 2))))
                .map(count -> count * smallest);
        Arbitrary<Prot> prot = Arbitraries.of(Prot.READ_WRITE, Prot.READ, Prot.WRITE);
        return Combinators.combine(Arbitraries.of(DomainCall.Kind.class), iova, pa, size, prot)
                .as(DomainCall::new)
                .list()
                .ofMaxSize(60);
    }

    /**
     * DMA of some devices in a window of addresses, a little of it elsewhere.
     *
     * @param streams StreamIDs or requester IDs, not empty
     * @param window first address
     * @param bytes the window's size
     * @return sequences of up to 60 requests
     */
    public static Arbitrary<List<DmaRequest>> dma(List<Integer> streams, long window, long bytes) {
        Arbitrary<Long> iova = Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.longs().between(0, bytes - 1).map(offset -> window + offset)),
                Tuple.of(1, Arbitraries.longs()));
        return Combinators.combine(Arbitraries.of(streams), iova, Arbitraries.of(Access.READ, Access.WRITE))
                .as((stream, at, access) ->
                        access == Access.READ ? DmaRequest.read(stream, at) : DmaRequest.write(stream, at))
                .list()
                .ofMaxSize(60);
    }

    /**
     * Tasks that run at once: each does a few of the given things.
     *
     * @param model builds a fresh model for a run
     * @param operations things a task can do to a model, each a name and what makes it for a model
     * @param tasks the most tasks, at least 2
     * @param length the most things a task does
     * @param <M> the model's type
     * @return scenarios to explore
     */
    public static <M> Arbitrary<Scenario> concurrent(
            Function<Stage, M> model, List<TaskOperation<M>> operations, int tasks, int length) {
        return Arbitraries.integers()
                .between(0, operations.size() - 1)
                .list()
                .ofMinSize(1)
                .ofMaxSize(length)
                .list()
                .ofMinSize(2)
                .ofMaxSize(tasks)
                .map(plan -> stage -> setUp(stage, model.apply(stage), operations, plan));
    }

    private static <M> void setUp(Stage stage, M model, List<TaskOperation<M>> operations, List<List<Integer>> plan) {
        for (int i = 0; i < plan.size(); i++) {
            Stage.TaskBuilder task = stage.task("task " + i);
            for (int number : plan.get(i)) {
                TaskOperation<M> operation = operations.get(number);
                task.then(operation.name(), () -> operation.action().accept(model));
            }
        }
    }

    /**
     * What a guest might write into a table: nothing, small numbers, addresses with flags, or anything.
     *
     * @return 64-bit words
     */
    public static Arbitrary<Long> guestWords() {
        Arbitrary<Long> addresses = Combinators.combine(
                        Arbitraries.longs().between(0, 1L << 40),
                        Arbitraries.longs().between(0, 0xFFF))
                .as((page, flags) -> page * PAGE & (1L << 52) - 1 | flags);
        return Arbitraries.oneOf(
                Arbitraries.just(0L), Arbitraries.longs().between(0, 0xFFFF), addresses, Arbitraries.longs());
    }

    /**
     * Tables full of what a guest might write.
     *
     * @param words how many words
     * @return arrays of that length
     */
    public static Arbitrary<long[]> guestTables(int words) {
        return guestWords()
                .list()
                .ofSize(words)
                .map(list -> list.stream().mapToLong(Long::longValue).toArray());
    }
}
