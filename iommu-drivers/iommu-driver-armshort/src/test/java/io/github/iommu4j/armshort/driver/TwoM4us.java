package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.hardware.Infracfg;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An mt2712: M4U 0 with larbs 0 to 3 and M4U 1 with larbs 4 to 7, each with a common of its own. */
final class TwoM4us {

    private static final int LARBS_EACH = 4;

    private final SparseMemory memory = new SparseMemory();
    private final PlainLocking locking = new PlainLocking();
    private final ArenaAllocator allocator = new ArenaAllocator(memory, M4uMachine.ARENA, 0x400_0000L, locking);
    private final List<M4u> m4us = new ArrayList<>();
    private final List<RecordingWindow> windows = new ArrayList<>();
    private final Map<String, FwSpec> firmware = new HashMap<>();
    private final TestMachine machine;
    private final MediatekDrivers drivers;

    TwoM4us() {
        Infracfg infracfg = new Infracfg(Infracfg.MemoryMode.ORDINARY);
        TestMachine.Builder builder = TestMachine.builder()
                .locking(locking)
                .systemType(DomainType.DMA)
                .firmware(device -> firmware.get(device.name()));
        MultimediaTree.Builder tree = MultimediaTree.builder();
        for (int index = 0; index < 2; index++) {
            IrqLine irq = new IrqLine(locking);
            List<LarbWiring> wiring = new ArrayList<>();
            List<String> larbs = new ArrayList<>();
            for (int i = 0; i < LARBS_EACH; i++) {
                wiring.add(LarbWiring.direct(LARBS_EACH * index + i, 32, i));
                larbs.add("larb" + (LARBS_EACH * index + i));
            }
            M4u m4u = M4u.builder(memory)
                    .capabilities(M4uCapabilities.mt2712().withLarbs(wiring))
                    .interrupt(irq)
                    .build();
            m4us.add(m4u);
            windows.add(new RecordingWindow(m4u.registers()));
            String common = "common" + index;
            builder.platformDevice(DeviceNode.Identity.of(common, 0));
            tree.common(
                    SmiCommonNode.of(common, SmiPlatform.MT2712, m4u.common().registers()));
            for (LarbWiring larb : wiring) {
                String name = "larb" + larb.larb();
                builder.platformDevice(DeviceNode.Identity.of(name, 0));
                tree.larb(SmiLarbNode.of(
                                name, SmiPlatform.MT2712, m4u.larb(larb.larb()).registers(), common)
                        .withLarbId(larb.larb()));
            }
            builder.platformDevice(DeviceNode.Identity.of("m4u" + index, 0));
            tree.m4u(new M4uNode(
                    "m4u" + index,
                    M4uPlatform.mt2712(),
                    windows.get(index),
                    larbs,
                    M4uNode.Resources.of(irq).withInfracfg(infracfg::registers)));
        }
        machine = builder.build().boot(List.of());
        drivers = new MediatekDrivers(
                new MediatekHost(machine.core(), machine.platformBus(), memory, allocator, PollClock.virtual()),
                tree.build());
        drivers.all().forEach(machine.platformBus()::register);
    }

    DeviceNode client(int larb, int port) {
        int id = new MasterId(larb, port).id();
        String name = larb + "." + port;
        firmware.put(name, new FwSpec("m4u" + larb / LARBS_EACH, List.of(id)));
        DeviceNode device = machine.platformBus().add(DeviceNode.Identity.of(name, id));
        machine.platformBus().register(new ClientDriver(name));
        return device;
    }

    private static int m4uOf(Device device) {
        return MasterId.of(device.streamId()).larb() / LARBS_EACH;
    }

    private M4uDriver driverOf(Device device) {
        return Objects.requireNonNull(drivers.m4u("m4u" + m4uOf(device)));
    }

    void resume(Device device) {
        driverOf(device).runtimeResume(device);
    }

    void suspend(Device device) {
        driverOf(device).runtimeSuspend(device);
    }

    RecordingWindow window(int index) {
        return windows.get(index);
    }

    IommuGroup group(Device device) {
        return Objects.requireNonNull(machine.core().groupOf(device));
    }

    IommuDomain domain(Device device) {
        return Objects.requireNonNull(group(device).domain());
    }

    Translation dma(Device device, long iova, Access access) {
        return m4us.get(m4uOf(device)).translate(DmaRequest.of(device.streamId(), iova, access));
    }

    long pa(Device device, long iova) {
        return dma(device, iova, Access.READ) instanceof Translation.Ok ok ? ok.pa() : -1;
    }

    void remove(DeviceNode device) {
        machine.platformBus().remove(device);
    }

    void removeM4u(int index) {
        machine.platformBus().remove(machine.device("m4u" + index));
    }

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
