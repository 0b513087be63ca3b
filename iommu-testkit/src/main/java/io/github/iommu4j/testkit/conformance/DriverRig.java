package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.testkit.conformance.DriverSubject.Installation;
import io.github.iommu4j.testkit.conformance.DriverSubject.Surroundings;
import io.github.iommu4j.testkit.machine.TableDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A driver under test with a core, its clients on a bus, and an allocator that knows what is given out. */
final class DriverRig {

    static final long PAGE = 0x1000;
    /** Where data is: nothing else is there. */
    static final long DATA = 0x8000_0000L;

    /** A driver that uses the DMA API. */
    static final String NATIVE = "native";
    /** A driver that does no DMA of its own. */
    static final String HARMLESS = "harmless";

    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_SIZE = 0x1000_0000L;

    final IommuCore core;
    final Installation installation;
    final long window;
    final BusType bus;
    final @Nullable Vfio vfio;
    private final DriverSubject subject;
    private final @Nullable PciHost host;
    private final ArenaAllocator arena;
    private final List<DeviceNode> clients = new ArrayList<>();
    private int givenOutAtRest;
    private long untilFailure;

    DriverRig(DriverSubject subject, Locking locking, KernelRelease release) {
        this.subject = subject;
        PhysicalMemory memory = new SparseMemory();
        window = subject.window();
        arena = new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking);
        installation = subject.install(new Surroundings(memory, new FailingArena(), locking, release));
        PciHardware hardware = subject.pci();
        core = IommuCore.builder()
                .locking(locking)
                .release(release)
                .log(new KernelLog(KernelLog.WarnPolicy.THROW))
                .firmware(device -> hardware == null ? subject.firmware(device, installation.driver()) : null)
                .build();
        bus = new BusType(hardware == null ? "platform" : "pci", locking, new DeferredProbe(locking));
        host = hardware == null ? null : new PciHost(hardware, bus, locking);
        core.watch(bus);
        bus.register(new TableDriver(NATIVE, TableDriver.Dma.KERNEL_API));
        bus.register(new TableDriver(HARMLESS, TableDriver.Dma.MANAGED_BY_DRIVER));
        vfio = hardware == null ? null : new Vfio(core, VfioOptions.DEFAULT);
        if (vfio != null) {
            bus.register(vfio.pciDriver());
        }
        core.register(installation.driver());
        settle();
        givenOutAtRest = arena.live().size();
        plugClients();
        settle();
    }

    private void plugClients() {
        if (host == null) {
            subject.clients().forEach(identity -> clients.add(add(identity)));
        } else {
            host.rescan();
            bus.nodes().stream().filter(DriverRig::isEndpoint).forEach(clients::add);
        }
    }

    private static boolean isEndpoint(DeviceNode node) {
        PciFunction function = node.pciFunction();
        return function != null && function.secondary() == null;
    }

    private DeviceNode add(DeviceNode.Identity identity) {
        DeviceNode client = bus.add(identity);
        client.setFwSpec(subject.firmware(client, installation.driver()));
        core.probe(client);
        return client;
    }

    /** Refuses the n-th allocation from a moment on, once. */
    private final class FailingArena implements PageAllocator {
        @Override
        public long allocate(long size, long alignment) {
            if (untilFailure > 0 && --untilFailure == 0) {
                throw new IommuException(Errno.ENOMEM, "this allocation is refused");
            }
            return arena.allocate(size, alignment);
        }

        @Override
        public void free(long address, long size) {
            arena.free(address, size);
        }
    }

    /** Lets an allocation fail: the n-th from here; 0 lets none. Says whether the one before came about. */
    boolean failAllocation(long n) {
        boolean failed = untilFailure == 0;
        untilFailure = n;
        return failed;
    }

    long givenOut() {
        return arena.live().size();
    }

    /** Hardware and driver do what they put off. */
    void settle() {
        while (installation.step()) {
            // Each step is a unit of work.
        }
    }

    DeviceNode client(int index) {
        return clients.get(index);
    }

    IommuGroup group(int index) {
        return Objects.requireNonNull(core.groupOf(client(index)), "a client without a group");
    }

    OptionalLong dma(int index, long iova, Access access) {
        OptionalLong pa = installation.translate(client(index), iova, access);
        settle();
        return pa;
    }

    void assertTranslates(int index, long iova, long pa) {
        assertThat(dma(index, iova, Access.READ)).as("read of 0x%x", iova).hasValue(pa);
        assertThat(dma(index, iova + 0x123, Access.WRITE))
                .as("write of 0x%x", iova + 0x123)
                .hasValue(pa + 0x123);
    }

    void assertBlocks(int index, long iova) {
        assertThat(dma(index, iova, Access.READ)).as("read of 0x%x", iova).isEmpty();
        assertThat(dma(index, iova, Access.WRITE)).as("write of 0x%x", iova).isEmpty();
    }

    /** A domain attached to a client's group by a user. */
    IommuDomain attachedDomain(int index) {
        IommuDomain domain = core.newPagingDomain(client(index));
        group(index).dmaOwnership().claim(this);
        group(index).attach(domain);
        settle();
        return domain;
    }

    void giveBack(int index, IommuDomain domain) {
        group(index).detach(domain);
        group(index).dmaOwnership().release();
        domain.free();
        settle();
    }

    int clients() {
        return clients.size();
    }

    void remove(int index) {
        take(client(index));
        settle();
    }

    private void take(DeviceNode client) {
        if (host == null) {
            bus.remove(client);
        } else {
            host.remove(client.name());
        }
    }

    /** Plugs in again what was removed; a scan of PCI finds everything else that was removed, too. */
    void plugBack(int index) {
        if (host == null) {
            clients.set(index, add(subject.clients().get(index)));
        } else {
            host.rescan();
            clients.replaceAll(client -> Objects.requireNonNull(bus.find(client.name()), client.name()));
        }
        settle();
    }

    static @Nullable Errno errno(Runnable action) {
        try {
            action.run();
            return null;
        } catch (IommuException refusal) {
            return refusal.errno();
        }
    }

    /** Everything goes; nothing may stay. */
    void close() {
        for (DeviceNode node : bus.nodes()) {
            if (node.parent() == null) {
                take(node);
            }
        }
        settle();
        assertThat(core.groups()).as("groups").isEmpty();
        assertThat(core.liveDomains()).as("domains").isZero();
        assertThat(installation.leaks()).as("what the driver keeps").isEmpty();
        assertThat(givenOut()).as("pieces of memory, %s", arena.live()).isLessThanOrEqualTo(givenOutAtRest);
        core.unregister(installation.driver());
    }
}
