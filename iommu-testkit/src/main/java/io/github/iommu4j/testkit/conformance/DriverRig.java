package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.conformance.DriverSubject.Installation;
import io.github.iommu4j.testkit.conformance.DriverSubject.Surroundings;
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

    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_SIZE = 0x1000_0000L;

    final IommuCore core;
    final Installation installation;
    final long window;
    private final BusType bus;
    private final ArenaAllocator arena;
    private final List<DeviceNode> clients = new ArrayList<>();
    private int givenOutAtRest;
    private long untilFailure;

    DriverRig(DriverSubject subject, Locking locking, PhysicalMemory memory) {
        window = subject.window();
        arena = new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking);
        installation = subject.install(new Surroundings(memory, new FailingArena(), locking));
        core = IommuCore.builder()
                .locking(locking)
                .log(new KernelLog(KernelLog.WarnPolicy.THROW))
                .firmware(device -> subject.firmware(device, installation.driver()))
                .build();
        bus = new BusType("platform", locking, new DeferredProbe(locking));
        core.watch(bus);
        core.register(installation.driver());
        settle();
        givenOutAtRest = arena.live().size();
        for (DeviceNode.Identity identity : subject.clients()) {
            DeviceNode client = bus.add(identity);
            client.setFwSpec(subject.firmware(client, installation.driver()));
            core.probe(client);
            clients.add(client);
        }
        settle();
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

    void remove(int index) {
        bus.remove(client(index));
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
        for (DeviceNode client : clients) {
            if (client.isPresent()) {
                bus.remove(client);
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
