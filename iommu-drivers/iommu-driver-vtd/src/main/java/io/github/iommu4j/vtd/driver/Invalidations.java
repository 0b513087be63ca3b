package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.RegisterFields.Ccmd;
import io.github.iommu4j.vtd.layout.RegisterFields.Iotlb;
import io.github.iommu4j.vtd.layout.RegisterFields.Iva;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.jspecify.annotations.Nullable;

/**
 * Invalidates what a unit has cached, and waits until that is done: through the queue, or through registers where there is
 * none (Intel VT-d §6.5.1-2). Thread-safe.
 */
final class Invalidations {

    /** Everything a device can have cached. */
    private static final int ALL_PAGES = InvalidationDescriptor.ALL_PAGES;

    private final String unit;
    private final UnitCapabilities capabilities;
    private final UnitRegisters registers;
    private final @Nullable InvalidationRing ring;
    private final KernelLog log;

    Invalidations(VtdUnitParts parts, @Nullable InvalidationRing ring) {
        this.unit = parts.description().name();
        this.capabilities = parts.capabilities();
        this.registers = parts.registers();
        this.log = parts.host().kernel().log();
        this.ring = ring;
    }

    private void submit(InvalidationRing queue, InvalidationDescriptor descriptor) {
        // A time-out has been logged; there is nothing more to be done for a device that does not answer.
        queue.submit(descriptor);
    }

    void contextGlobal() {
        if (ring != null) {
            submit(ring, InvalidationDescriptor.contextGlobal());
        } else {
            contextCommand(Ccmd.CIRG.of(InvalidationDescriptor.GLOBAL));
        }
    }

    void contextDevice(int did, int sid) {
        if (ring != null) {
            submit(ring, InvalidationDescriptor.contextDevice(did, sid, 0));
        } else {
            contextCommand(
                    Ccmd.CIRG.of(InvalidationDescriptor.DEVICE) | Ccmd.DID.of(did) | Ccmd.SID.of(sid) | Ccmd.FM.of(0));
        }
    }

    private void contextCommand(long command) {
        registers.locked(() -> {
            registers.write(VtdRegister.CCMD, Ccmd.ICC.mask() | command);
            registers.await(() -> !Ccmd.ICC.isSet(registers.read(VtdRegister.CCMD)), "CCMD.ICC");
        });
    }

    void iotlbGlobal() {
        if (ring != null) {
            submit(ring, drained(InvalidationDescriptor.iotlbGlobal()));
        } else {
            iotlbCommand(InvalidationDescriptor.GLOBAL, 0, 0);
        }
    }

    void iotlbDomain(int did) {
        if (ring != null) {
            submit(ring, drained(InvalidationDescriptor.iotlbDomain(did)));
        } else {
            iotlbCommand(InvalidationDescriptor.DOMAIN, did, 0);
        }
    }

    /** As it was chosen: pages, or the domain. */
    void iotlb(int did, FlushSelection.Choice choice) {
        if (choice.scope() == FlushSelection.Scope.DOMAIN) {
            iotlbDomain(did);
            return;
        }
        boolean leaves = choice.changed() == FlushSelection.Changed.LEAVES;
        if (ring != null) {
            InvalidationDescriptor pages =
                    drained(InvalidationDescriptor.iotlbPages(did, choice.address(), choice.order()));
            submit(ring, leaves ? pages.leavesOnly() : pages);
        } else {
            long address = Iva.ADDR.inPlace(choice.address()) | Iva.AM.of(choice.order());
            iotlbCommand(InvalidationDescriptor.PAGES, did, address | (leaves ? Iva.IH.mask() : 0));
        }
    }

    private InvalidationDescriptor drained(InvalidationDescriptor descriptor) {
        long drains = InvalidationDescriptor.DRAIN_READS.of(capabilities.drainsReads() ? 1 : 0)
                | InvalidationDescriptor.DRAIN_WRITES.of(capabilities.drainsWrites() ? 1 : 0);
        return new InvalidationDescriptor(descriptor.q0() | drains, descriptor.q1(), descriptor.q2(), descriptor.q3());
    }

    private void iotlbCommand(int granularity, int did, long address) {
        registers.locked(() -> {
            if (granularity == InvalidationDescriptor.PAGES) {
                registers.write(VtdRegister.IVA, address);
            }
            long command = Iotlb.IVT.mask() | Iotlb.IIRG.of(granularity) | Iotlb.DID.of(did);
            registers.write(
                    VtdRegister.IOTLB,
                    command
                            | Iotlb.DW.of(capabilities.drainsWrites() ? 1 : 0)
                            | Iotlb.DR.of(capabilities.drainsReads() ? 1 : 0));
            registers.await(() -> !Iotlb.IVT.isSet(registers.read(VtdRegister.IOTLB)), "IOTLB.IVT");
        });
        boolean refused = Iotlb.IAIG.get(registers.read(VtdRegister.IOTLB)) == 0;
        log.warnOn(refused, unit + ": an IOTLB invalidation of granularity " + granularity + " was refused");
    }

    private InvalidationRing queue() {
        if (ring == null) {
            throw new AssertionError(unit + " has no invalidation queue, which scalable mode needs");
        }
        return ring;
    }

    void pasidCacheGlobal() {
        submit(queue(), InvalidationDescriptor.pasidCacheGlobal());
    }

    void pasidCacheDomain(int did) {
        submit(queue(), InvalidationDescriptor.pasidCacheDomain(did));
    }

    void pasidCache(int did, int pasid) {
        submit(queue(), InvalidationDescriptor.pasidCache(did, pasid));
    }

    void pasidIotlb(int did, int pasid) {
        submit(queue(), InvalidationDescriptor.pasidIotlb(did, pasid));
    }

    void pasidIotlb(int did, int pasid, FlushSelection.Choice choice) {
        InvalidationDescriptor pages =
                InvalidationDescriptor.pasidIotlbPages(did, pasid, choice.address(), choice.order());
        submit(queue(), choice.changed() == FlushSelection.Changed.LEAVES ? pages.leavesOnly() : pages);
    }

    void interruptEntries() {
        submit(queue(), InvalidationDescriptor.interruptEntriesGlobal());
    }

    /** Takes pages out of a device's own cache; nothing where it has none. */
    void deviceTlb(DeviceInfo device, int pasid, FlushSelection.Choice choice) {
        if (device.cachesTranslations()) {
            int order = Math.min(choice.order(), ALL_PAGES);
            InvalidationDescriptor descriptor = pasid == DeviceInfo.NO_PASID
                    ? InvalidationDescriptor.deviceTlb(device.sid(), choice.address(), order)
                    : InvalidationDescriptor.pasidDeviceTlb(device.sid(), pasid, choice.address(), order);
            submit(
                    queue(),
                    capabilities.throttlesInvalidations()
                            ? descriptor.throttled(
                                    device.sid(), device.features().atsQueueDepth() & 31)
                            : descriptor);
        }
    }

    void deviceTlbAll(DeviceInfo device, int pasid) {
        deviceTlb(
                device,
                pasid,
                new FlushSelection.Choice(FlushSelection.Scope.PAGES, 0, ALL_PAGES, FlushSelection.Changed.TABLES));
    }

    /** Answers a group of page requests. */
    void respond(PageGroupResponse response) {
        submit(queue(), response.descriptor());
    }

    /** After writing what was not there before, where nobody can have cached that. */
    void flushWriteBuffer() {
        if (capabilities.needsWriteBufferFlush()) {
            registers.flushWriteBuffer();
        }
    }
}
