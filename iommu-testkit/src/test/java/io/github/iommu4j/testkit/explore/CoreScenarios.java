package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UserProcess;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TableDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import io.github.iommu4j.testkit.machine.UserAddressSpace;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What tasks do to one core at the same time. */
final class CoreScenarios {

    private static final String DEVICE = "0000:00:01.0";
    private static final String OTHER = "0000:00:02.0";
    private static final UserCapabilities ROOT = UserCapabilities.ALL;
    private static final long MEMORY = 0x10_0000_0000L;

    private CoreScenarios() {}

    private static PciHardware hardware(String... names) {
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        for (String name : names) {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id));
        }
        return hardware;
    }

    private static TestMachine.Builder machine(Stage stage, KernelRelease release, String... names) {
        return TestMachine.builder()
                .locking(stage.validatedLocking())
                .release(release)
                .hardware(hardware(names))
                .iommu(new MockIommuDriver("dmar0", MockHost.intel(48)));
    }

    private static IommuGroup group(TestMachine machine, String name) {
        return Objects.requireNonNull(machine.core().groupOf(machine.device(name)));
    }

    /** A refusal is an answer, not a failure. */
    private static boolean attempt(Runnable action) {
        try {
            action.run();
            return true;
        } catch (IommuException refusal) {
            return false;
        }
    }

    private static void ownershipInvariants(Stage stage, IommuGroup group) {
        stage.invariant("a user owns a group exactly while it is off its default domain", () -> {
            DmaOwnership.State state = group.dmaOwnership().state();
            assertThat(state.count()).isNotNegative();
            if (state.holder() == Holder.USER) {
                assertThat(group.domain()).isNotNull().isNotSameAs(group.defaultDomain());
            } else {
                assertThat(group.domain()).isSameAs(group.defaultDomain());
            }
        });
    }

    private static void nothingIsLeft(Stage stage, TestMachine machine) {
        stage.atEnd("nothing is left", () -> assertThat(machine.shutDown()).isEmpty());
    }

    /** A user claims and releases; a driver binds and unbinds; the default domain's type changes. */
    static Scenario ownership(KernelRelease release) {
        return stage -> {
            TestMachine machine = machine(stage, release, DEVICE)
                    .build()
                    .boot(List.of(new TableDriver("net", TableDriver.Dma.KERNEL_API)));
            IommuGroup group = group(machine, DEVICE);
            ownershipInvariants(stage, group);
            stage.task("user", () -> {
                if (attempt(() -> group.dmaOwnership().claim("user"))) {
                    group.dmaOwnership().release();
                }
            });
            machine.pciBus().driverOverride(DEVICE, "net");
            stage.task("driver", () -> {
                if (attempt(() -> machine.pciBus().bind(DEVICE, "net"))) {
                    machine.pciBus().unbind(DEVICE, "net");
                }
            });
            stage.task("administrator", () -> attempt(() -> group.writeType("identity", ROOT)));
            nothingIsLeft(stage, machine);
        };
    }

    /** A device is found, removed and found again while a driver's bind replays its probe. */
    static Scenario probing(KernelRelease release) {
        return stage -> {
            TestMachine machine = machine(stage, release, DEVICE)
                    .firmware(device -> new FwSpec("dmar0", List.of(device.streamId())))
                    .build()
                    .boot(List.of(new TableDriver("net", TableDriver.Dma.KERNEL_API)));
            DeviceNode device = machine.device(DEVICE);
            machine.pciBus().driverOverride(DEVICE, "net");
            stage.invariant(
                    "a device is in one group at most",
                    () -> assertThat(machine.core().groups().stream()
                                    .filter(group -> group.devices().contains(device))
                                    .count())
                            .isLessThanOrEqualTo(1));
            stage.task("binds", () -> attempt(() -> machine.pciBus().bind(DEVICE, "net")));
            stage.task("removes", () -> attempt(() -> machine.pciHost().remove(DEVICE)));
            stage.task("probes again", () -> attempt(() -> machine.core().probe(device)));
            nothingIsLeft(stage, machine);
        };
    }

    /** The IOMMU registers while devices are added and bound. */
    static Scenario registering(KernelRelease release) {
        return stage -> {
            MockIommuDriver iommu = new MockIommuDriver("dmar0", MockHost.intel(48));
            TestMachine machine = TestMachine.builder()
                    .locking(stage.validatedLocking())
                    .release(release)
                    .hardware(hardware(DEVICE, OTHER))
                    .build()
                    .boot(List.of());
            stage.invariant(
                    "a device is probed once", () -> assertThat(iommu.leaks()).hasSizeLessThanOrEqualTo(8));
            stage.task("registers", () -> machine.core().register(iommu));
            stage.task("probes one", () -> attempt(() -> machine.core().probe(machine.device(DEVICE))));
            stage.task(
                    "removes the other", () -> attempt(() -> machine.pciHost().remove(OTHER)));
            stage.atEnd("nothing is left", () -> {
                assertThat(machine.core().groupOf(machine.device(DEVICE))).isNotNull();
                machine.shutDown();
                machine.core().unregister(iommu);
                assertThat(iommu.leaks()).isEmpty();
                assertThat(machine.core().groups()).isEmpty();
                assertThat(machine.core().liveDomains()).isZero();
            });
        };
    }

    /** A domain is attached and detached while faults are reported and its handler changes. */
    static Scenario faults(KernelRelease release) {
        return stage -> {
            TestMachine machine = machine(stage, release, DEVICE).build().boot(List.of());
            IommuGroup group = group(machine, DEVICE);
            DeviceNode device = machine.device(DEVICE);
            IommuDomain domain = machine.core().newPagingDomain(device);
            stage.task("attaches", () -> {
                group.attach(domain);
                group.detach(domain);
            });
            stage.task("changes the handler", () -> {
                domain.setFaultHandler((faulting, source, iova, access) -> null);
                domain.setFaultHandler(null);
            });
            stage.task(
                    "reports",
                    () -> assertThat(machine.core().reportFault(domain, device, 0x1000, Access.READ))
                            .isIn(null, Errno.ENOSYS));
            stage.atEnd("the group is back", () -> {
                assertThat(group.domain()).isSameAs(group.defaultDomain());
                domain.free();
                assertThat(machine.shutDown()).isEmpty();
            });
        };
    }

    /** Two users with a container each, one device each. */
    static Scenario containers(KernelRelease release) {
        return stage -> {
            TestMachine machine = machine(stage, release, DEVICE, OTHER).build();
            Vfio vfio = new Vfio(machine.core(), VfioOptions.DEFAULT);
            machine.boot(List.of(vfio.pciDriver()));
            UserAddressSpace memory = new UserAddressSpace(0x1000_0000L);
            memory.anonymous(MEMORY, 1 << 20, UserAddressSpace.Protection.READ_WRITE);
            MemoryAccounting accounting = new MemoryAccounting();
            for (String name : List.of(DEVICE, OTHER)) {
                machine.pciBus().driverOverride(name, "vfio-pci");
                machine.pciBus().bind(name, "vfio-pci");
                int number = group(machine, name).id();
                stage.task("user of " + name, () -> {
                    Container container = vfio.openContainer(new UserProcess(memory, accounting));
                    GroupFile group = vfio.openGroup(number);
                    group.setContainer(container);
                    container.setIommu(Container.TYPE1V2_IOMMU);
                    container.mapDma(new MapRequest(0, 0x1000, MEMORY, MapRequest.READ | MapRequest.WRITE));
                    DeviceFile file = group.getDevice(name);
                    file.close();
                    group.close();
                    container.close();
                });
            }
            stage.atEnd("nothing is left", () -> {
                assertThat(vfio.type1References()).isZero();
                assertThat(vfio.pciReferences()).isZero();
                assertThat(accounting.lockedKiB()).isZero();
                assertThat(memory.pinned()).isZero();
                assertThat(machine.shutDown()).isEmpty();
            });
        };
    }

    /** A device is unbound and removed while a user opens, uses and closes it. */
    static Scenario unbinding(KernelRelease release) {
        return stage -> {
            TestMachine machine = machine(stage, release, DEVICE).build();
            Vfio vfio = new Vfio(machine.core(), VfioOptions.DEFAULT);
            machine.boot(List.of(vfio.pciDriver()));
            machine.pciBus().driverOverride(DEVICE, "vfio-pci");
            machine.pciBus().bind(DEVICE, "vfio-pci");
            int number = group(machine, DEVICE).id();
            MemoryAccounting accounting = new MemoryAccounting();
            UserAddressSpace memory = new UserAddressSpace(0x1000_0000L);
            stage.task("user", () -> {
                Container container = vfio.openContainer(new UserProcess(memory, accounting));
                attempt(() -> {
                    GroupFile group = vfio.openGroup(number);
                    try {
                        group.setContainer(container);
                        container.setIommu(Container.TYPE1V2_IOMMU);
                        group.getDevice(DEVICE).close();
                    } finally {
                        group.close();
                    }
                });
                container.close();
            });
            stage.task("unbinds", () -> attempt(() -> machine.pciBus().unbind(DEVICE, "vfio-pci")));
            stage.task("removes", () -> attempt(() -> machine.pciHost().remove(DEVICE)));
            stage.atEnd("nothing is left", () -> {
                assertThat(vfio.type1References()).isZero();
                assertThat(vfio.pciReferences()).isZero();
                assertThat(machine.shutDown()).isEmpty();
            });
        };
    }

    static Set<KernelRelease> releases() {
        return Set.of(KernelRelease.values());
    }
}
