package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Pmen;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.jspecify.annotations.Nullable;

/** One remapping unit: brought up, written to, and shut down (Linux {@code intel_iommu}). */
final class VtdUnit {

    /** The second of its name: VFIO's type 1 has the first. */
    private static final LockClass LOCK = new LockClass("&iommu->lock#2");

    private static final int NARROW_DESCRIPTOR = 16;
    private static final int WIDE_DESCRIPTOR = 32;
    /** The message of the fault interrupt: the processor with id 0, and a vector of its own. */
    private static final long FAULT_MESSAGE_ADDRESS = 0xFEE0_0000L;

    private static final long FAULT_MESSAGE_DATA = 0x28;

    private final VtdUnitParts parts;
    private final SpinLock lock;
    private final @Nullable InvalidationRing ring;
    private final Invalidations invalidations;
    private final @Nullable InterruptTable interrupts;
    private final ContextTables contexts;
    private final DomainIds domainIds;
    private final FlushSelection flushSelection;

    /** Of a unit that takes page requests; set while it is brought up. */
    private long pageRequestQueue;

    /** Takes memory and brings the unit up (Intel VT-d §11.4.4; the order is Linux's). */
    VtdUnit(VtdUnitParts parts) {
        this.parts = parts;
        UnitCapabilities capabilities = parts.capabilities();
        this.lock = parts.host().kernel().locking().spinLock(LOCK);
        this.flushSelection = FlushSelection.of(
                capabilities.pages(), capabilities.maximumOrder(), parts.host().errata());
        disableLeftovers();
        int bytes = capabilities.isScalable() ? WIDE_DESCRIPTOR : NARROW_DESCRIPTOR;
        this.ring = capabilities.queuesInvalidations() ? new InvalidationRing(parts, bytes) : null;
        this.invalidations = new Invalidations(parts, ring);
        boolean remaps =
                ring != null && capabilities.remapsInterrupts() && !parts.host().has(VtdOption.INTERRUPT_REMAPPING_OFF);
        this.interrupts = remaps ? new InterruptTable(parts) : null;
        this.contexts = new ContextTables(parts, invalidations, lock);
        this.domainIds = new DomainIds(parts, lock);
        start();
    }

    /** Firmware or an earlier kernel may have left something running. */
    private void disableLeftovers() {
        UnitRegisters registers = parts.registers();
        if (registers.isOn(Global.TE)) {
            registers.revoke(Global.TE);
        }
        if (registers.isOn(Global.IRE)) {
            registers.revoke(Global.IRE);
        }
        if (registers.isOn(Global.QIE)) {
            registers.revoke(Global.QIE);
        }
    }

    private void start() {
        UnitRegisters registers = parts.registers();
        UnitCapabilities capabilities = parts.capabilities();
        if (ring != null) {
            ring.start();
        }
        if (interrupts != null) {
            interrupts.start(invalidations);
        }
        registers.write(VtdRegister.FEDATA, FAULT_MESSAGE_DATA);
        registers.write(VtdRegister.FEADDR, FAULT_MESSAGE_ADDRESS);
        registers.write(VtdRegister.FEUADDR, 0);
        registers.write(VtdRegister.FECTL, 0);
        registers.write(VtdRegister.FSTS, Fsts.PFO.mask() | Fsts.PPF.mask() | Fsts.PRO.mask());
        registers.write(VtdRegister.RTADDR, contexts.rootAddress());
        registers.command(Global.SRTP);
        if (!capabilities.setRootInvalidates()) {
            invalidations.contextGlobal();
            if (capabilities.isScalable()) {
                invalidations.pasidCacheGlobal();
            }
            invalidations.iotlbGlobal();
        }
        if (takesPageRequests()) {
            pageRequestQueue = PageRequestReader.startQueue(parts);
        }
        registers.command(Global.TE);
        if (capabilities.hasProtectedMemory()) {
            registers.write(VtdRegister.PMEN, 0);
            registers.await(() -> !Pmen.PRS.isSet(registers.read(VtdRegister.PMEN)), "PMEN.PRS");
        }
    }

    /** Where the page request queue is; 0 when devices may not ask for pages. */
    long pageRequestQueue() {
        return pageRequestQueue;
    }

    /** Whether devices may ask for pages. */
    boolean takesPageRequests() {
        return ring != null && parts.capabilities().takesPageRequests();
    }

    /** Switches everything off and gives the memory back. No device may be attached. */
    void shutDown() {
        parts.host()
                .kernel()
                .log()
                .warnOn(domainIds.inUse() != 0, parts.description().name() + ": domain ids are in use");
        parts.registers().revoke(Global.TE);
        if (interrupts != null) {
            interrupts.stop();
        }
        if (ring != null) {
            ring.stop();
        }
        parts.structures().freeAll();
    }

    VtdUnitParts parts() {
        return parts;
    }

    SpinLock lock() {
        return lock;
    }

    Invalidations invalidations() {
        return invalidations;
    }

    DomainIds domainIds() {
        return domainIds;
    }

    FlushSelection flushSelection() {
        return flushSelection;
    }

    boolean remapsInterrupts() {
        return interrupts != null;
    }

    /**
     * Lets a device's requests go to its PASID table, in scalable mode.
     *
     * @throws IommuException {@code ENOMEM} without memory for a context table; nothing is left then
     */
    void setUp(DeviceInfo device) {
        PasidTable pasids = device.pasidTable();
        if (pasids != null) {
            try {
                device.forEachSid(sid -> contexts.map(sid, device, pasids));
            } catch (IommuException refusal) {
                tearDown(device);
                throw refusal;
            }
        }
    }

    /** Undoes {@link #setUp}, and frees the PASID table. */
    void tearDown(DeviceInfo device) {
        PasidTable pasids = device.pasidTable();
        if (pasids != null) {
            device.forEachSid(sid -> contexts.clear(sid, device));
            pasids.free();
        }
    }

    /** Lets a device's requests without PASID go somewhere. */
    void map(DeviceInfo device, Target target) {
        PasidTable pasids = device.pasidTable();
        if (pasids != null) {
            pasids.map(DeviceInfo.NO_PASID, target);
        } else {
            device.forEachSid(sid -> contexts.map(sid, target, device));
        }
        device.setPassing(true);
    }

    /** Stops a device's requests without PASID. */
    void block(DeviceInfo device) {
        PasidTable pasids = device.pasidTable();
        if (pasids != null) {
            pasids.clear(DeviceInfo.NO_PASID, device);
        } else {
            device.forEachSid(sid -> contexts.clear(sid, device));
        }
        device.setPassing(false);
    }
}
