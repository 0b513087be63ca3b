package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The driver of one M4U (Linux 6.1 {@code mtk_iommu}). {@link MediatekDrivers} makes it when the M4U's device is probed.
 *
 * <p>A device is named to it by ids of larb and port ({@link MasterId}), all of one larb. Its domains are of the types
 * DMA and UNMANAGED, and from 6.7 IDENTITY; all that map share one page table. Attaching writes no register of a larb: a
 * larb takes notice when it is resumed, see {@link #runtimeResume}.
 *
 * <p>Thread-safe.
 */
public final class M4uDriver implements IommuDriver {

    private static final LockClass LOCK = new LockClass("&data->mutex");
    private static final int LARBS = 32;
    private static final int DEPTH = 3;

    private final M4uUnit unit;
    private final M4uFamily family;
    private final Map<Integer, LarbSlot> slots;
    private final SmiLarbDriver larbs;
    private final ProtectBuffer protect;
    private final RuntimePower power;
    private final Mutex mutex;
    /** Guarded by the mutex: the registers are written and the interrupt line is taken. */
    private boolean up;

    private volatile @Nullable M4uDomain faultDomain;

    M4uDriver(M4uProbe probed, M4uFamily family, SmiLarbDriver larbs) {
        this.unit = probed.unit();
        this.family = family;
        this.slots = Map.copyOf(probed.slots());
        this.larbs = larbs;
        this.protect = probed.protect();
        this.mutex = unit.host().core().locking().mutex(LOCK);
        this.power = new RuntimePower(
                unit.host().core().locking(), DEPTH, new M4uPower(unit, probed.clock(), family::tableBase));
    }

    @Override
    public String kind() {
        return "mtk-iommu";
    }

    @Override
    public String name() {
        return unit.node().name();
    }

    /**
     * Takes what a device tree says of a device's IOMMU ({@code of_xlate}), before the device is probed.
     *
     * @param device the device
     * @param cells what follows the M4U in the property {@code iommus}
     * @throws IommuException {@code EINVAL} unless it is one cell, or when the device is behind another IOMMU
     */
    public void xlate(Device device, List<Integer> cells) {
        if (cells.size() != 1) {
            throw new IommuException(
                    Errno.EINVAL, device.name() + ": " + cells.size() + " cells name a port of " + name() + ", not 1");
        }
        unit.host().core().fwSpecs().begin(device, name());
        unit.host().core().fwSpecs().addIds(device, cells);
    }

    @Override
    public void probeDevice(Device device) {
        FwSpec spec = device.fwSpec();
        if (spec == null || !spec.iommu().equals(name())) {
            throw new IommuException(Errno.ENODEV, device.name() + " is not behind " + name());
        }
        int larb = larbOf(device, spec);
        LarbSlot slot = slots.get(larb);
        if (slot == null) {
            throw new IommuException(Errno.EINVAL, device.name() + ": " + name() + " has no larb " + larb);
        }
        int ports = 0;
        for (int id : spec.ids()) {
            ports |= 1 << MasterId.of(id).port();
        }
        family.add(device, new M4uMaster(this, slot, ports));
    }

    private int larbOf(Device device, FwSpec spec) {
        List<Integer> named = new ArrayList<>();
        for (int id : spec.ids()) {
            named.add(id >>> MasterId.LARB.low());
        }
        if (named.isEmpty() || named.get(0) >= LARBS || named.get(0) < 0) {
            throw new IommuException(Errno.EINVAL, device.name() + ": ids " + spec.ids() + " name no larb");
        }
        if (named.stream().distinct().count() > 1) {
            throw new IommuException(Errno.EINVAL, device.name() + ": ports of more than one larb, " + named);
        }
        return named.get(0);
    }

    /** Forgets a device; its ports are to go past the M4U. */
    @Override
    public void releaseDevice(Device device) {
        M4uMaster master = family.remove(device);
        if (master != null) {
            master.disable();
        }
    }

    /** Devices of one region share a group. */
    @Override
    public IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
        return family.group(device, helpers);
    }

    @Override
    public @Nullable DomainOps allocateDomain(DomainType type, Device device) {
        return switch (type) {
            case DMA, UNMANAGED -> new M4uDomain(family, unit.host());
            case IDENTITY -> unit.host().core().release().m4uHasIdentityDomain() ? new M4uIdentityDomain(family) : null;
            default -> null;
        };
    }

    /**
     * A device starts to do DMA: its larb is resumed, and with it the SMI common and the M4U. The larb tells its ports
     * which way to go.
     *
     * @param device a device this M4U took on
     * @throws IommuException {@code ENODEV} when it is none or its larb's driver has gone; else what a clock answers
     */
    public void runtimeResume(Device device) {
        powerOfLarb(device).get();
    }

    /**
     * A device is done with DMA; undoes one {@link #runtimeResume}.
     *
     * @param device the device
     * @throws IommuException {@code ENODEV} as {@link #runtimeResume}
     */
    public void runtimeSuspend(Device device) {
        powerOfLarb(device).put();
    }

    private RuntimePower powerOfLarb(Device device) {
        SmiLarb larb = larbs.of(family.master(device).slot().device());
        if (larb == null) {
            throw new IommuException(Errno.ENODEV, "the larb of " + device.name() + " has no driver");
        }
        return larb.power();
    }

    /**
     * Whether the M4U is on, because a device behind it is.
     *
     * @return {@code true} while it is
     */
    public boolean isInUse() {
        return power.isInUse();
    }

    RuntimePower power() {
        return power;
    }

    M4uTlb tlb() {
        return unit.tlb();
    }

    Map<Integer, LarbSlot> slots() {
        return slots;
    }

    /** Writes registers, takes the interrupt and sets the table, unless that is done; its faults are the domain's. */
    void bringUp(M4uDomain domain) {
        mutex.lock();
        try {
            if (!up) {
                power.get();
                try {
                    M4uBringUp.run(
                            unit, protect.address(), family.mode(), new M4uFaultHandler(unit, this::reportedDomain));
                    up = true;
                    unit.registers().write(M4uRegister.PT_BASE_ADDR, family.tableBase());
                } finally {
                    power.put();
                }
            }
            if (faultDomain == null) {
                faultDomain = domain;
            }
        } finally {
            mutex.unlock();
        }
    }

    private @Nullable IommuDomain reportedDomain() {
        M4uDomain now = faultDomain;
        return now == null ? null : now.domain();
    }

    void forget(M4uDomain domain) {
        mutex.lock();
        try {
            if (faultDomain == domain) {
                faultDomain = null;
            }
        } finally {
            mutex.unlock();
        }
    }

    /** Invalidates a range if the M4U is on; coming on invalidates everything. Does not sleep. */
    void flushRange(long iova, long last) {
        power.whileInUse(() -> unit.tlb().flushRange(iova, last));
    }

    /** Lets go of the device. The core has released everybody behind it. */
    void close() {
        mutex.lock();
        try {
            IrqLine irq = unit.node().resources().irq();
            if (up && irq != null) {
                irq.free();
            }
            up = false;
        } finally {
            mutex.unlock();
        }
        family.remove(this);
        protect.free();
    }
}
