package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.armshort.hardware.Infracfg;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.RangeCompletion;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A machine with the hardware half of one M4U and the kernel half over it. Devices are named by what they are behind:
 * {@code "larb0"} is an SMI larb, {@code "m4u"} the M4U, {@code "0.5"} a client at port 5 of larb 0.
 */
final class M4uMachine {

    static final long ARENA = 0x8000_0000L;
    private static final long ARENA_SIZE = 0x400_0000L;

    final SparseMemory memory = new SparseMemory();
    final Locking locking;
    final ArenaAllocator allocator;
    final IrqLine irq;
    final M4u m4u;
    final RecordingWindow window;
    final PollClock clock = PollClock.virtual();
    final TestMachine machine;
    final MultimediaTree tree;
    final MediatekHost host;
    final MediatekDrivers drivers;
    private final Map<String, FwSpec> firmware = new HashMap<>();

    /** What a test may change. */
    static final class Plan {
        M4uPlatform platform = M4uPlatform.mt8173();
        M4uCapabilities capabilities = M4uCapabilities.mt8173();
        SmiPlatform smi = SmiPlatform.MT8173;
        Infracfg.MemoryMode mode = Infracfg.MemoryMode.ORDINARY;
        RangeCompletion completion = RangeCompletion.ON_POLL;
        KernelRelease release = KernelRelease.V6_12;
        KernelLog.WarnPolicy warnings = KernelLog.WarnPolicy.THROW;
        DomainType systemType = DomainType.DMA;
        Locking locking = new PlainLocking();
        long arena = ARENA;
        Consumer<MultimediaTree.Builder> more = builder -> {};

        @Nullable
        PowerSwitch clock = PowerSwitch.ALWAYS_ON;

        Plan mt8183() {
            platform = M4uPlatform.mt8183();
            capabilities = M4uCapabilities.mt8183();
            smi = SmiPlatform.MT8183;
            return this;
        }

        Plan fourGigabytes() {
            mode = Infracfg.MemoryMode.FOUR_GIGABYTES;
            return this;
        }

        M4uMachine off() {
            return new M4uMachine(this);
        }

        M4uMachine boot() {
            return off().boot();
        }
    }

    private M4uMachine(Plan plan) {
        locking = plan.locking;
        allocator = new ArenaAllocator(memory, plan.arena, ARENA_SIZE, locking);
        irq = new IrqLine(locking);
        Infracfg infracfg = new Infracfg(plan.mode);
        m4u = M4u.builder(memory)
                .capabilities(plan.capabilities)
                .interrupt(irq)
                .infracfg(infracfg)
                .rangeCompletion(plan.completion)
                .build();
        window = new RecordingWindow(m4u.registers());
        TestMachine.Builder builder = TestMachine.builder()
                .locking(locking)
                .release(plan.release)
                .warnings(plan.warnings)
                .systemType(plan.systemType)
                .memory(memory)
                .firmware(device -> firmware.get(device.name()));
        MultimediaTree.Builder nodes = MultimediaTree.builder()
                .common(SmiCommonNode.of("common", plan.smi, m4u.common().registers()));
        List<String> larbs = new ArrayList<>();
        builder.platformDevice(DeviceNode.Identity.of("common", 0));
        for (LarbWiring wiring : plan.capabilities.larbs()) {
            String name = "larb" + wiring.larb();
            larbs.add(name);
            nodes.larb(SmiLarbNode.of(name, plan.smi, m4u.larb(wiring.larb()).registers(), "common")
                    .withLarbId(wiring.larb()));
            builder.platformDevice(DeviceNode.Identity.of(name, 0));
        }
        nodes.m4u(new M4uNode(
                "m4u",
                plan.platform,
                window,
                larbs,
                M4uNode.Resources.of(irq).withInfracfg(infracfg::registers).withBclk(plan.clock)));
        builder.platformDevice(DeviceNode.Identity.of("m4u", 0));
        plan.more.accept(nodes);
        tree = nodes.build();
        machine = builder.build();
        host = new MediatekHost(machine.core(), machine.platformBus(), memory, allocator, clock);
        drivers = new MediatekDrivers(host, tree);
    }

    private M4uMachine boot() {
        machine.boot(List.of());
        drivers.all().forEach(machine.platformBus()::register);
        settle();
        return this;
    }

    /** Lets deferred probes run until nothing changes. */
    void settle() {
        for (int rounds = 0; rounds < 20 && machine.deferredProbe().step(); rounds++) {
            // Again.
        }
    }

    IommuCore core() {
        return machine.core();
    }

    M4uDriver driver() {
        return Objects.requireNonNull(drivers.m4u("m4u"));
    }

    /** Adds a client at a port and binds its driver, so that it is probed, grouped and attached. */
    DeviceNode client(int larb, int... ports) {
        DeviceNode device = device(larb, ports);
        machine.platformBus().register(new ClientDriver(device.name()));
        return device;
    }

    /** Adds a client that is about to do DMA: its larb and the M4U are on. */
    DeviceNode running(int larb, int... ports) {
        DeviceNode device = client(larb, ports);
        driver().runtimeResume(device);
        return device;
    }

    /** Adds a client that has no driver yet. */
    DeviceNode device(int larb, int... ports) {
        List<Integer> ids = new ArrayList<>();
        for (int port : ports) {
            ids.add(new MasterId(larb, port).id());
        }
        String name = larb + "." + ports[0];
        firmware.put(name, new FwSpec("m4u", ids));
        return machine.platformBus().add(DeviceNode.Identity.of(name, ids.get(0)));
    }

    void describe(String device, FwSpec spec) {
        firmware.put(device, spec);
    }

    IommuGroup group(Device device) {
        return Objects.requireNonNull(core().groupOf(device));
    }

    IommuDomain domain(Device device) {
        return Objects.requireNonNull(group(device).domain());
    }

    Translation dma(Device device, long iova, Access access) {
        return m4u.translate(DmaRequest.of(device.streamId(), iova, access));
    }

    /** Where a read of a device goes, or -1. */
    long pa(Device device, long iova) {
        return dma(device, iova, Access.READ) instanceof Translation.Ok ok ? ok.pa() : -1;
    }

    List<String> log() {
        return core().log().drain().stream()
                .map(KernelLog.Line::text)
                .filter(text -> !text.contains("iommu group"))
                .toList();
    }

    /** Everything that was taken is given back when first the clients and then the machine go. */
    void assertNoLeaks() {
        for (DeviceNode device : machine.platformBus().nodes()) {
            if (firmware.containsKey(device.name())) {
                machine.platformBus().remove(device);
            }
        }
        assertThat(machine.shutDown()).isEmpty();
        assertThat(allocator.live()).isEmpty();
    }
}
