package io.github.iommu4j.testkit.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.core.vfio.UserProcess;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TableDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import io.github.iommu4j.testkit.machine.UserAddressSpace;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/**
 * A machine with VFIO and a user's memory. Its devices: {@link #SINGLE} and {@link #LONE} each alone in a group, {@link
 * #FIRST} and {@link #SECOND} together in one, {@link #BEHIND} and {@link #BESIDE} together with their {@link #BRIDGE},
 * and {@link #FOREIGN} behind the second IOMMU, if there is one.
 */
final class VfioRig {

    static final String SINGLE = "0000:00:01.0";
    static final String FIRST = "0000:00:02.0";
    static final String SECOND = "0000:00:02.1";
    static final String BRIDGE = "0000:00:03.0";
    static final String BEHIND = "0000:01:00.0";
    static final String BESIDE = "0000:01:01.0";
    static final String LONE = "0000:00:04.0";
    static final String FOREIGN = "0000:00:05.0";

    static final long PAGE = 0x1000;
    /** 16 MiB that may be read and written. */
    static final long MEMORY = 0x10_0000_0000L;
    /** 1 MiB that may only be read. */
    static final long READ_ONLY = 0x20_0000_0000L;
    /** 4 MiB: the same 1 MiB four times. */
    static final long REPEATED = 0x30_0000_0000L;

    static final int READ_WRITE = MapRequest.READ | MapRequest.WRITE;

    private static final int ARGSZ = 8;
    private static final long MIB = 1 << 20;

    final TestMachine machine;
    final MockIommuDriver iommu;
    final Vfio vfio;
    final UserAddressSpace memory = new UserAddressSpace(0x1000_0000L);
    final MemoryAccounting accounting = new MemoryAccounting();

    /** What a rig is made from. */
    static final class Plan {
        private KernelRelease release = KernelRelease.V6_12;
        private MockHost host = MockHost.intel(48);
        private @Nullable MockIommuDriver second;
        private Locking locking = ValidatedLocking.over(new PlainLocking());
        private VfioOptions options = VfioOptions.DEFAULT;
        private Set<CoreErratum> errata = Set.of();

        Plan release(KernelRelease newRelease) {
            release = newRelease;
            return this;
        }

        Plan host(MockHost newHost) {
            host = newHost;
            return this;
        }

        Plan second(MockIommuDriver iommu) {
            second = iommu;
            return this;
        }

        Plan locking(Locking newLocking) {
            locking = newLocking;
            return this;
        }

        Plan options(VfioOptions newOptions) {
            options = newOptions;
            return this;
        }

        Plan errata(CoreErratum... newErrata) {
            errata = Set.of(newErrata);
            return this;
        }

        VfioRig boot() {
            return new VfioRig(this);
        }
    }

    static VfioRig of(KernelRelease release) {
        return new Plan().release(release).boot();
    }

    private VfioRig(Plan plan) {
        boolean alone = plan.second == null;
        iommu = new MockIommuDriver("iommu0", plan.host)
                .serving(device -> alone || !device.name().equals(FOREIGN));
        TestMachine.Builder builder = TestMachine.builder()
                .release(plan.release)
                .locking(plan.locking)
                .hardware(hardware())
                .iommu(iommu);
        if (plan.second != null) {
            builder.iommu(plan.second.serving(device -> device.name().equals(FOREIGN)));
        }
        plan.errata.forEach(builder::erratum);
        machine = builder.build();
        vfio = new Vfio(machine.core(), plan.options);
        machine.boot(List.of(
                new TableDriver("native", TableDriver.Dma.KERNEL_API),
                new TableDriver("stub", TableDriver.Dma.MANAGED_BY_DRIVER),
                vfio.pciDriver()));
        memory.anonymous(MEMORY, 16 * MIB, UserAddressSpace.Protection.READ_WRITE);
        memory.anonymous(READ_ONLY, MIB, UserAddressSpace.Protection.READ_ONLY);
        memory.repeatedFile(REPEATED, 4 * MIB, MIB);
    }

    private static PciHardware hardware() {
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        for (String name : List.of(SINGLE, FIRST, SECOND, BEHIND, BESIDE, LONE, FOREIGN)) {
            plug(hardware, name);
        }
        RequesterId bridge = RequesterId.parse(BRIDGE);
        hardware.plug(bridge, PciFunction.at(bridge).bridgeTo(1, 1));
        return hardware;
    }

    private static void plug(PciHardware hardware, String name) {
        RequesterId id = RequesterId.parse(name);
        hardware.plug(id, PciFunction.at(id).multifunctionBit());
    }

    UserProcess process() {
        return new UserProcess(memory, accounting);
    }

    DeviceNode node(String name) {
        return machine.device(name);
    }

    IommuGroup iommuGroup(String name) {
        IommuGroup group = machine.core().groupOf(node(name));
        if (group == null) {
            throw new AssertionError(name + " has no group");
        }
        return group;
    }

    void bind(String name, String driver) {
        machine.pciBus().driverOverride(name, driver);
        machine.pciBus().bind(name, driver);
    }

    void unbind(String name, String driver) {
        machine.pciBus().unbind(name, driver);
    }

    /** Binds devices to vfio-pci. */
    VfioRig give(String... names) {
        for (String name : names) {
            bind(name, "vfio-pci");
        }
        return this;
    }

    Container container() {
        return vfio.openContainer(process());
    }

    GroupFile open(String name) {
        return vfio.openGroup(iommuGroup(name).id());
    }

    /** A group with a container whose IOMMU is set. */
    Ready ready(String name, int type) {
        give(name);
        Container container = container();
        GroupFile group = open(name);
        group.setContainer(container);
        container.setIommu(type);
        return new Ready(container, group);
    }

    Ready ready(String name) {
        return ready(name, Container.TYPE1V2_IOMMU);
    }

    record Ready(Container container, GroupFile group) {

        void map(long iova, long size, long vaddr) {
            container.mapDma(new MapRequest(iova, size, vaddr, READ_WRITE));
        }

        long unmap(long iova, long size) {
            return container.unmapDma(new UnmapRequest(iova, size, 0)).size();
        }

        long unmapAll() {
            return container.unmapDma(new UnmapRequest(0, 0, UnmapRequest.ALL)).size();
        }

        void close() {
            group.close();
            container.close();
        }
    }

    int status(GroupFile group) {
        return group.getStatus(ARGSZ).flags();
    }

    /** What a call is refused with, or {@code null}. */
    static @Nullable Errno errnoOf(ThrowingCallable call) {
        IommuException refusal = catchThrowableOfType(IommuException.class, call);
        return refusal == null ? null : refusal.errno();
    }

    List<String> messages() {
        return machine.core().log().drain().stream()
                .filter(line -> line.level() != KernelLog.Level.INFO)
                .map(KernelLog.Line::text)
                .toList();
    }

    /** Every file is closed: takes the machine apart and looks for what is left. */
    void finish() {
        assertThat(vfio.type1References()).as("containers with an IOMMU").isZero();
        assertThat(vfio.pciReferences()).as("open devices").isZero();
        assertThat(accounting.lockedKiB()).as("locked memory").isZero();
        assertThat(memory.pinned()).as("pinned pages").isZero();
        assertThat(machine.shutDown()).isEmpty();
        assertThat(vfio.devEntries()).containsExactly("vfio");
    }
}
