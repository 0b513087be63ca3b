package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the driver stands in. Immutable. */
public final class VtdHost {

    private final PhysicalMemory memory;
    private final PageAllocator allocator;
    private final PageAllocator structures;
    private final Locking locking;
    private final KernelLog log;
    private final KernelRelease release;
    private final CacheMaintenance caches;
    private final Function<PciFunction, PciFeatures> features;
    private final FaultReporter faults;
    private final DeviceFaultReporter deviceFaults;
    private final Runnable lostPageRequests;
    private final Set<VtdOption> options;
    private final Set<VtdErratum> errata;
    private final Set<PageTableErratum> tableErrata;

    /** Takes a fault to the handler of a domain, as {@code IommuCore.reportFault} does. */
    @FunctionalInterface
    public interface FaultReporter {

        /**
         * Reports a fault.
         *
         * @param domain the domain
         * @param device who made the request
         * @param iova the page
         * @param access what the request was
         * @return {@code null} when it was handled; {@code ENOSYS} without a handler
         */
        @Nullable
        Errno report(IommuDomain domain, Device device, long iova, Access access);
    }

    private VtdHost(Builder builder) {
        this.memory = builder.memory;
        this.allocator = builder.allocator;
        this.structures = builder.structures;
        this.locking = builder.locking;
        this.log = builder.log;
        this.release = builder.release;
        this.caches = builder.caches;
        this.features = builder.features;
        this.faults = builder.faults;
        this.deviceFaults = builder.deviceFaults;
        this.lostPageRequests = builder.lostPageRequests;
        this.options = EnumSet.copyOf(builder.options);
        this.errata = EnumSet.copyOf(builder.errata);
        this.tableErrata = EnumSet.copyOf(builder.tableErrata);
    }

    /**
     * Starts a host with plain locks, a log that throws on warnings, Linux 6.12, and devices without ATS and PASID.
     *
     * @param memory where structures and tables are
     * @param allocator gives them out, from {@code memory}
     * @return a builder
     */
    public static Builder builder(PhysicalMemory memory, PageAllocator allocator) {
        return new Builder(memory, allocator);
    }

    PhysicalMemory memory() {
        return memory;
    }

    PageAllocator allocator() {
        return allocator;
    }

    PageAllocator structures() {
        return structures;
    }

    Locking locking() {
        return locking;
    }

    KernelLog log() {
        return log;
    }

    KernelRelease release() {
        return release;
    }

    CacheMaintenance caches() {
        return caches;
    }

    PciFeatures features(PciFunction function) {
        return features.apply(function);
    }

    FaultReporter faults() {
        return faults;
    }

    DeviceFaultReporter deviceFaults() {
        return deviceFaults;
    }

    Runnable lostPageRequests() {
        return lostPageRequests;
    }

    boolean has(VtdOption option) {
        return options.contains(option);
    }

    boolean has(VtdErratum erratum) {
        return errata.contains(erratum);
    }

    Set<VtdErratum> errata() {
        return EnumSet.copyOf(errata);
    }

    Set<PageTableErratum> tableErrata() {
        return EnumSet.copyOf(tableErrata);
    }

    /** Collects a host. Confined to one thread. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private final PageAllocator allocator;
        private PageAllocator structures;
        private Locking locking = new PlainLocking();
        private KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        private KernelRelease release = KernelRelease.V6_12;
        private CacheMaintenance caches = CacheMaintenance.NONE;
        private Function<PciFunction, PciFeatures> features = function -> PciFeatures.NONE;
        private FaultReporter faults = (domain, device, iova, access) -> Errno.ENOSYS;
        private DeviceFaultReporter deviceFaults = DeviceFaultReporter.NONE;
        private Runnable lostPageRequests = () -> {};
        private final Set<VtdOption> options = EnumSet.noneOf(VtdOption.class);
        private final Set<VtdErratum> errata = EnumSet.noneOf(VtdErratum.class);
        private final Set<PageTableErratum> tableErrata = EnumSet.noneOf(PageTableErratum.class);

        private Builder(PhysicalMemory memory, PageAllocator allocator) {
            this.memory = memory;
            this.allocator = allocator;
            this.structures = allocator;
        }

        /**
         * Gives out what stays until the units are shut down, root and context tables and queues, from somewhere else.
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
         * Which kernel's driver it is.
         *
         * @param kernelRelease the release
         * @return this
         */
        public Builder release(KernelRelease kernelRelease) {
            this.release = kernelRelease;
            return this;
        }

        /**
         * Writes back what a unit that does not snoop is to see.
         *
         * @param hooks the hooks
         * @return this
         */
        public Builder caches(CacheMaintenance hooks) {
            this.caches = hooks;
            return this;
        }

        /**
         * What devices can.
         *
         * @param lookup a function's features
         * @return this
         */
        public Builder features(Function<PciFunction, PciFeatures> lookup) {
            this.features = lookup;
            return this;
        }

        /**
         * Who hears of faults.
         *
         * @param reporter such as {@code IommuCore::reportFault}
         * @return this
         */
        public Builder faults(FaultReporter reporter) {
            this.faults = reporter;
            return this;
        }

        /**
         * Who hears of page requests.
         *
         * @param reporter such as {@code core.faults()::report}
         * @return this
         */
        public Builder deviceFaults(DeviceFaultReporter reporter) {
            this.deviceFaults = reporter;
            return this;
        }

        /**
         * Who hears that page requests were lost, so that groups may lack some.
         *
         * @param listener such as {@code iopfQueue::discardPartial}; called with the unit's page request mutex held
         * @return this
         */
        public Builder lostPageRequests(Runnable listener) {
            this.lostPageRequests = listener;
            return this;
        }

        /**
         * Sets an option.
         *
         * @param option the option
         * @return this
         */
        public Builder option(VtdOption option) {
            options.add(option);
            return this;
        }

        /**
         * Switches a historical mistake on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(VtdErratum erratum) {
            errata.add(erratum);
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
         * The host.
         *
         * @return what was collected
         */
        public VtdHost build() {
            return new VtdHost(this);
        }
    }
}
