package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.driver.IrqLine;
import io.github.iommu4j.armshort.driver.M4uNode;
import io.github.iommu4j.armshort.driver.MediatekDrivers;
import io.github.iommu4j.armshort.driver.MediatekHost;
import io.github.iommu4j.armshort.driver.MultimediaTree;
import io.github.iommu4j.armshort.driver.PollClock;
import io.github.iommu4j.armshort.driver.SmiCommonNode;
import io.github.iommu4j.armshort.driver.SmiLarbNode;
import io.github.iommu4j.armshort.hardware.Infracfg;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.RangeCompletion;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A running machine with the M4Us of a chip: the hardware halves, and the drivers over them. */
final class Board {

    private static final long ARENA = 0x8000_0000L;
    private static final long ARENA_SIZE = 0x400_0000L;

    private final SparseMemory memory = new SparseMemory();
    private final List<M4u> m4us = new ArrayList<>();
    private final List<IrqLine> interrupts = new ArrayList<>();
    private final Map<Integer, Integer> m4uOfLarb = new HashMap<>();
    private final Map<String, FwSpec> firmware = new HashMap<>();
    private final MultimediaTree.Builder tree = MultimediaTree.builder();
    private final Chip chip;
    private final TestMachine machine;
    private final MediatekDrivers drivers;

    /** A board that one task uses. */
    Board(Chip chip, Set<Erratum> errata) {
        this(chip, errata, ValidatedLocking.over(new PlainLocking()), registers -> registers);
    }

    /** A board whose drivers see the M4Us' registers through something. */
    Board(Chip chip, Set<Erratum> errata, Locking locking, UnaryOperator<MmioRegion> window) {
        this.chip = chip;
        TestMachine.Builder builder = TestMachine.builder()
                .locking(locking)
                .systemType(DomainType.DMA)
                .memory(memory)
                .firmware(device -> firmware.get(device.name()));
        errata.forEach(builder::erratum);
        for (M4uCapabilities capabilities : chip.m4us()) {
            add(builder, capabilities, new IrqLine(locking), window);
        }
        machine = builder.build().boot(List.of());
        ArenaAllocator allocator = new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking);
        drivers = new MediatekDrivers(
                new MediatekHost(machine.core(), machine.platformBus(), memory, allocator, PollClock.virtual()),
                tree.build());
        drivers.all().forEach(machine.platformBus()::register);
    }

    private void add(
            TestMachine.Builder builder,
            M4uCapabilities capabilities,
            IrqLine interrupt,
            UnaryOperator<MmioRegion> window) {
        int index = m4us.size();
        M4u m4u = M4u.builder(memory)
                .capabilities(capabilities)
                .interrupt(interrupt)
                .rangeCompletion(RangeCompletion.ON_POLL)
                .build();
        m4us.add(m4u);
        interrupts.add(interrupt);
        String common = "common" + index;
        builder.platformDevice(DeviceNode.Identity.of(common, 0));
        tree.common(SmiCommonNode.of(common, chip.smi(), m4u.common().registers()));
        List<String> larbs = new ArrayList<>();
        for (LarbWiring wiring : capabilities.larbs()) {
            int larb = wiring.larb();
            larbs.add("larb" + larb);
            m4uOfLarb.put(larb, index);
            builder.platformDevice(DeviceNode.Identity.of("larb" + larb, 0));
            tree.larb(SmiLarbNode.of("larb" + larb, chip.smi(), m4u.larb(larb).registers(), common)
                    .withLarbId(larb));
        }
        builder.platformDevice(DeviceNode.Identity.of("m4u" + index, 0));
        M4uNode.Resources resources =
                M4uNode.Resources.of(interrupt).withInfracfg(new Infracfg(Infracfg.MemoryMode.ORDINARY)::registers);
        tree.m4u(new M4uNode("m4u" + index, chip.platform(), window.apply(m4u.registers()), larbs, resources));
    }

    /** Adds a device at a port of a larb that is about to do DMA: larb and M4U are on. */
    DeviceNode running(int larb, int port) {
        int id = new MasterId(larb, port).id();
        String name = larb + "." + port;
        String m4u = "m4u" + m4uOf(larb);
        firmware.put(name, new FwSpec(m4u, List.of(id)));
        DeviceNode device = machine.platformBus().add(DeviceNode.Identity.of(name, id));
        machine.platformBus().register(new Client(name));
        Objects.requireNonNull(drivers.m4u(m4u), m4u).runtimeResume(device);
        return device;
    }

    private int m4uOf(int larb) {
        return Objects.requireNonNull(m4uOfLarb.get(larb), () -> "larb " + larb);
    }

    M4u m4u(int index) {
        return m4us.get(index);
    }

    /** Lets the hardware finish what it was told to invalidate. */
    void finishRanges() {
        for (M4u m4u : m4us) {
            while (m4u.step()) {
                // Again.
            }
        }
    }

    IommuDomain domain(Device device) {
        return Objects.requireNonNull(
                Objects.requireNonNull(machine.core().groupOf(device)).domain());
    }

    /** What the M4U of a device answers it. */
    Translation dma(Device device, long iova, Access access) {
        int larb = MasterId.of(device.streamId()).larb();
        return m4us.get(m4uOf(larb)).translate(DmaRequest.of(device.streamId(), iova, access));
    }

    /** Where a device still gets to although the page was unmapped; nothing when it does not. */
    List<String> stillReached(Device device, long iova) {
        return dma(device, iova, Access.READ) instanceof Translation.Ok ok
                ? List.of("0x" + Long.toHexString(iova) + " still goes to 0x" + Long.toHexString(ok.pa()))
                : List.of();
    }

    /** Takes the pending interrupts, and what the kernel printed since the last call or before. */
    List<String> printedOnInterrupt() {
        interrupts.forEach(IrqLine::step);
        return machine.core().log().drain().stream().map(KernelLog.Line::text).toList();
    }
}
