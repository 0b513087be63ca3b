package io.github.iommu4j.core.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a kernel gives the drivers in it: memory, locks, a log, and who hears of faults. Immutable, and may be shared by any
 * number of drivers.
 */
public final class KernelServices {

    private final PhysicalMemory memory;
    private final PageAllocator allocator;
    private final PageAllocator structures;
    private final Locking locking;
    private final KernelLog log;
    private final KernelRelease release;
    private final CacheMaintenance caches;
    private final FaultReporter faults;
    private final DeviceFaultReporter deviceFaults;
    private final Runnable lostPageRequests;
    private final Set<PageTableErratum> tableErrata;

    private KernelServices(Builder builder) {
        this.memory = builder.memory;
        this.allocator = builder.allocator;
        this.structures = builder.structures;
        this.locking = builder.locking;
        this.log = builder.log;
        this.release = builder.release;
        this.caches = builder.caches;
        this.faults = builder.faults;
        this.deviceFaults = builder.deviceFaults;
        this.lostPageRequests = builder.lostPageRequests;
        this.tableErrata = EnumSet.copyOf(builder.tableErrata);
    }

    /**
     * Starts a kernel with plain locks, a log that throws on warnings, Linux 6.12, and nobody who hears of faults.
     *
     * @param memory where structures and tables are
     * @param allocator gives them out, from {@code memory}
     * @return a builder
     */
    public static Builder builder(PhysicalMemory memory, PageAllocator allocator) {
        return new Builder(memory, allocator);
    }

    /**
     * Where structures and tables are.
     *
     * @return the memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * Who gives out tables, and whatever else comes and goes.
     *
     * @return the allocator
     */
    public PageAllocator allocator() {
        return allocator;
    }

    /**
     * Who gives out what stays until a unit is shut down.
     *
     * @return the allocator
     */
    public PageAllocator structures() {
        return structures;
    }

    /**
     * Where locks come from.
     *
     * @return the locks' maker
     */
    public Locking locking() {
        return locking;
    }

    /**
     * Where messages go.
     *
     * @return the log
     */
    public KernelLog log() {
        return log;
    }

    /**
     * Which kernel it is.
     *
     * @return the release
     */
    public KernelRelease release() {
        return release;
    }

    /**
     * Who writes back what a unit that does not snoop is to see.
     *
     * @return the hooks
     */
    public CacheMaintenance caches() {
        return caches;
    }

    /**
     * Who hears of translations that failed, by domain.
     *
     * @return the reporter
     */
    public FaultReporter faults() {
        return faults;
    }

    /**
     * Who hears of faults by device, and of pages that are waited for.
     *
     * @return the core's end, or {@link DeviceFaultReporter#NONE}
     */
    public DeviceFaultReporter deviceFaults() {
        return deviceFaults;
    }

    /**
     * What is to happen when page requests were lost.
     *
     * @return the action
     */
    public Runnable lostPageRequests() {
        return lostPageRequests;
    }

    /**
     * Starts what page tables of this kernel stand in.
     *
     * @param tlb who is told what to invalidate
     * @return a builder with this kernel's memory, locks, log and mistakes
     */
    public PageTableEnvironment.Builder pageTables(TlbInvalidation tlb) {
        PageTableEnvironment.Builder environment = PageTableEnvironment.builder(memory, allocator)
                .tlb(tlb)
                .caches(caches)
                .locking(locking)
                .log(log);
        tableErrata.forEach(environment::erratum);
        return environment;
    }

    /** Collects what a kernel gives. Confined to one thread. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private final PageAllocator allocator;
        private PageAllocator structures;
        private Locking locking = new PlainLocking();
        private KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        private KernelRelease release = KernelRelease.V6_12;
        private CacheMaintenance caches = CacheMaintenance.NONE;
        private FaultReporter faults = FaultReporter.NONE;
        private DeviceFaultReporter deviceFaults = DeviceFaultReporter.NONE;
        private Runnable lostPageRequests = () -> {};
        private final Set<PageTableErratum> tableErrata = EnumSet.noneOf(PageTableErratum.class);

        private Builder(PhysicalMemory memory, PageAllocator allocator) {
            this.memory = memory;
            this.allocator = allocator;
            this.structures = allocator;
        }

        /**
         * Gives out what stays until a unit is shut down, such as stream, root and context tables and queues, from somewhere
         * else.
         *
         * @param other gives out memory
         * @return this
         */
        public Builder structures(PageAllocator other) {
            this.structures = other;
            return this;
        }

        /**
         * Where locks come from.
         *
         * @param maker the locks' maker
         * @return this
         */
        public Builder locking(Locking maker) {
            this.locking = maker;
            return this;
        }

        /**
         * Where messages go.
         *
         * @param kernelLog the log
         * @return this
         */
        public Builder log(KernelLog kernelLog) {
            this.log = kernelLog;
            return this;
        }

        /**
         * Which kernel's drivers they are.
         *
         * @param kernelRelease the release
         * @return this
         */
        public Builder release(KernelRelease kernelRelease) {
            this.release = kernelRelease;
            return this;
        }

        /**
         * Writes back what a unit that does not snoop is to see: page tables, and the structures that its driver does not hold to
         * be never cached.
         *
         * @param hooks the hooks
         * @return this
         */
        public Builder caches(CacheMaintenance hooks) {
            this.caches = hooks;
            return this;
        }

        /**
         * Who hears of translations that failed, by domain.
         *
         * @param reporter such as {@code IommuCore::reportFault}
         * @return this
         */
        public Builder faults(FaultReporter reporter) {
            this.faults = reporter;
            return this;
        }

        /**
         * Who hears of faults by device, and of pages that are waited for.
         *
         * @param reporter the core's end, such as {@code core.faults()::report}
         * @return this
         */
        public Builder deviceFaults(DeviceFaultReporter reporter) {
            this.deviceFaults = reporter;
            return this;
        }

        /**
         * What happens when a unit's queue of page requests had no room: groups whose last request was lost are answered already,
         * and what has come of them is to be dropped (Linux {@code iopf_queue_discard_partial}).
         *
         * @param action such as {@code iopfQueue::discardPartial}; called by the task that reads the queue, which may hold the
         *     lock of that queue
         * @return this
         */
        public Builder lostPageRequests(Runnable action) {
            this.lostPageRequests = action;
            return this;
        }

        /**
         * Switches a historical mistake of page tables on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(PageTableErratum erratum) {
            tableErrata.add(erratum);
            return this;
        }

        /**
         * What the kernel gives.
         *
         * @return what was collected
         */
        public KernelServices build() {
            return new KernelServices(this);
        }
    }
}
