package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What M4Us that share a table have in common: the table, the groups, who is behind them. Most families have one M4U.
 * Thread-safe.
 *
 * <p>There is one table: whichever domain is attached first makes it, and every other one maps in it too. It outlives
 * them.
 */
final class M4uFamily implements TlbInvalidation {

    static final PageSizes PAGE_SIZES = new PageSizes(1 << 12 | 1 << 16 | 1 << 20 | 1 << 24);

    private static final LockClass LOCK = new LockClass("&data->mutex");
    private static final long CPU_PAGE = 0x1000;

    private final MediatekHost host;
    private final MultimediaTree tree;
    private final M4uPlatform platform;
    private final MemoryMode mode;
    private final Mutex mutex;
    private final List<M4uDriver> instances = new CopyOnWriteArrayList<>();
    private final Map<Device, M4uMaster> masters = new ConcurrentHashMap<>();
    /** By region; each holds a reference. Guarded by the mutex, as is the table. */
    private final Map<Integer, IommuGroup> groups = new HashMap<>();

    private volatile @Nullable ShortDescriptorTable table;

    M4uFamily(MediatekHost host, MultimediaTree tree, M4uPlatform platform, MemoryMode mode) {
        this.host = host;
        this.tree = tree;
        this.platform = platform;
        this.mode = mode;
        this.mutex = host.core().locking().mutex(LOCK);
    }

    MemoryMode mode() {
        return mode;
    }

    void add(M4uDriver instance) {
        instances.add(instance);
    }

    /** An instance goes. The last one takes groups and table. Locks of groups are not taken under this one's. */
    void remove(M4uDriver instance) {
        instances.remove(instance);
        if (!instances.isEmpty()) {
            return;
        }
        List<IommuGroup> held;
        ShortDescriptorTable last;
        mutex.lock();
        try {
            held = List.copyOf(groups.values());
            groups.clear();
            last = table;
            table = null;
        } finally {
            mutex.unlock();
        }
        held.forEach(IommuGroup::put);
        if (last != null) {
            last.pageTable().destroy();
        }
    }

    void add(Device device, M4uMaster master) {
        masters.put(device, master);
    }

    @Nullable
    M4uMaster remove(Device device) {
        return masters.remove(device);
    }

    /** The master a device is. */
    M4uMaster master(Device device) {
        M4uMaster master = masters.get(device);
        if (master == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is behind no M4U of " + platform.part());
        }
        return master;
    }

    /**
     * The piece of the address space that a device is given: the one its DMA range is, else one that contains it.
     *
     * @throws IommuException {@code EINVAL} when none does
     */
    int region(Device device) {
        IovaRange wanted = tree.dmaRange(device.name());
        if (wanted == null || platform.regions().size() == 1) {
            return 0;
        }
        int containing = platform.regions().indexOf(wanted);
        for (int i = 0; i < platform.regions().size() && containing < 0; i++) {
            IovaRange region = platform.regions().get(i);
            if (region.encloses(wanted)) {
                containing = i;
            }
        }
        if (containing < 0) {
            throw new IommuException(
                    Errno.EINVAL, device.name() + ": no region of " + platform.part() + " has " + wanted);
        }
        return containing;
    }

    IovaRange range(int region) {
        return platform.regions().get(region);
    }

    /** The group of a region, with a reference for the caller. */
    IommuGroup group(Device device, GroupHelpers helpers) {
        int region = region(device);
        mutex.lock();
        try {
            return groups.computeIfAbsent(region, key -> helpers.generic(device))
                    .get();
        } finally {
            mutex.unlock();
        }
    }

    /**
     * The table, which is made for the first who asks.
     *
     * @throws IommuException {@code ENODEV} when it cannot be made
     */
    ShortDescriptorTable finalise() {
        mutex.lock();
        try {
            ShortDescriptorTable made = table;
            if (made == null) {
                made = ShortDescriptorTable.create(config(), environment());
                table = made;
            }
            return made;
        } catch (IommuException refusal) {
            throw new IommuException(
                    Errno.ENODEV, "no page table for " + platform.part() + ": " + refusal.getMessage());
        } finally {
            mutex.unlock();
        }
    }

    /** PT_BASE_ADDR, or 0 while there is no table. */
    int tableBase() {
        ShortDescriptorTable made = table;
        return made == null ? 0 : made.registers().ttbr();
    }

    private ArmTableConfig config() {
        int ias = platform.has(M4uFlag.IOVA_34_EN) ? 34 : 32;
        int oas = !platform.has(M4uFlag.HAS_4GB_MODE) ? 35 : mode == MemoryMode.FOUR_GIGABYTES ? 33 : 32;
        List<ArmTableQuirk> quirks =
                new ArrayList<>(List.of(ArmTableQuirk.NS, ArmTableQuirk.NO_PERMS, ArmTableQuirk.MTK_EXT));
        if (platform.has(M4uFlag.PGTABLE_PA_35_EN)) {
            quirks.add(ArmTableQuirk.MTK_TTBR_EXT);
        }
        return ArmTableConfig.of(PAGE_SIZES, ias, oas)
                .withQuirks(quirks.toArray(new ArmTableQuirk[0]))
                .withCoherency(WalkCoherency.NON_COHERENT)
                .withCpuPageSize(CPU_PAGE);
    }

    private PageTableEnvironment environment() {
        IommuCore core = host.core();
        PageTableEnvironment.Builder environment = PageTableEnvironment.builder(host.memory(), host.allocator())
                .tlb(this)
                .locking(core.locking())
                .log(core.log())
                .partialUnmap(core.release().splitsLeaves() ? PartialUnmap.SPLITS : PartialUnmap.REFUSED);
        for (PageTableErratum erratum : PageTableErratum.values()) {
            if (core.has(erratum)) {
                environment.erratum(erratum);
            }
        }
        return environment.build();
    }

    /** A domain goes: its faults have nobody to be reported to. */
    void forget(M4uDomain domain) {
        instances.forEach(instance -> instance.forget(domain));
    }

    /** Invalidates a range on every M4U that is on; the others are invalidated when they come on. */
    void flushRange(long iova, long last) {
        for (M4uDriver instance : instances) {
            instance.flushRange(iova, last);
        }
    }

    /** Invalidates everything, on behalf of a domain that was attached through one of the M4Us first. */
    void flushAll(M4uDriver first) {
        if (host.core().has(M4uErratum.FLUSH_ALL_REACHES_ONE_INSTANCE)) {
            first.tlb().flushAll();
        } else {
            flushAll();
        }
    }

    @Override
    public void flushAll() {
        instances.forEach(instance -> instance.tlb().flushAll());
    }

    @Override
    public void flushWalk(long iova, long size, long granule) {
        flushRange(iova, iova + size - 1);
    }

    /** Leaves are invalidated by the range of the whole unmap, which {@link M4uDomain} gathers. */
    @Override
    public void addPage(@Nullable IotlbGather gather, long iova, long granule) {}

    @Override
    public void addPages(@Nullable IotlbGather gather, long iova, long granule, long count) {}
}
