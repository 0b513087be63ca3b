package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a page table stands in: memory, who gives out tables, who is told about the TLB and the caches, locks and log.
 * Immutable, and may be shared by any number of tables.
 */
public final class PageTableEnvironment {

    private final PhysicalMemory memory;
    private final PageAllocator allocator;
    private final TlbInvalidation tlb;
    private final CacheMaintenance caches;
    private final Locking locking;
    private final KernelLog log;
    private final PartialUnmap partialUnmap;
    private final Set<PageTableErratum> errata;

    private PageTableEnvironment(Builder builder) {
        this.memory = builder.memory;
        this.allocator = builder.allocator;
        this.tlb = builder.tlb;
        this.caches = builder.caches;
        this.locking = builder.locking;
        this.log = builder.log;
        this.partialUnmap = builder.partialUnmap;
        this.errata = Set.copyOf(builder.errata);
    }

    /**
     * Starts an environment: no TLB, no cache maintenance, plain locks, a log that throws on warnings, no errata.
     *
     * @param memory where the descriptors are
     * @param allocator gives out the tables, from {@code memory}
     * @return a builder
     */
    public static Builder builder(PhysicalMemory memory, PageAllocator allocator) {
        return new Builder(memory, allocator);
    }

    /**
     * Where the descriptors are.
     *
     * @return the memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * Who gives out the tables.
     *
     * @return the allocator
     */
    public PageAllocator allocator() {
        return allocator;
    }

    /**
     * Who is told what to invalidate.
     *
     * @return the owner of the TLB
     */
    public TlbInvalidation tlb() {
        return tlb;
    }

    /**
     * Who keeps tables visible to a walker that is not coherent.
     *
     * @return the hooks
     */
    public CacheMaintenance caches() {
        return caches;
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
     * Where warnings and refusals are written.
     *
     * @return the log
     */
    public KernelLog log() {
        return log;
    }

    /**
     * What becomes of a leaf when only a part of it is unmapped.
     *
     * @return the rule
     */
    public PartialUnmap partialUnmap() {
        return partialUnmap;
    }

    /**
     * Whether a historical mistake is switched on.
     *
     * @param erratum the mistake
     * @return {@code true} when it is on
     */
    public boolean has(PageTableErratum erratum) {
        return errata.contains(erratum);
    }

    /** Collects an environment. Confined to one thread. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private final PageAllocator allocator;
        private TlbInvalidation tlb = TlbInvalidation.NONE;
        private CacheMaintenance caches = CacheMaintenance.NONE;
        private Locking locking = new PlainLocking();
        private KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        private PartialUnmap partialUnmap = PartialUnmap.SPLITS;
        private final Set<PageTableErratum> errata = EnumSet.noneOf(PageTableErratum.class);

        private Builder(PhysicalMemory memory, PageAllocator allocator) {
            this.memory = memory;
            this.allocator = allocator;
        }

        /**
         * Who is told what to invalidate.
         *
         * @param owner the owner of the TLB
         * @return this
         */
        public Builder tlb(TlbInvalidation owner) {
            this.tlb = owner;
            return this;
        }

        /**
         * Who keeps tables visible to a walker that is not coherent.
         *
         * @param hooks the hooks
         * @return this
         */
        public Builder caches(CacheMaintenance hooks) {
            this.caches = hooks;
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
         * Where warnings and refusals are written.
         *
         * @param kernelLog the log
         * @return this
         */
        public Builder log(KernelLog kernelLog) {
            this.log = kernelLog;
            return this;
        }

        /**
         * What becomes of a leaf when only a part of it is unmapped.
         *
         * @param rule the rule
         * @return this
         */
        public Builder partialUnmap(PartialUnmap rule) {
            this.partialUnmap = rule;
            return this;
        }

        /**
         * Switches a historical mistake on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(PageTableErratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * The environment.
         *
         * @return what was collected
         */
        public PageTableEnvironment build() {
            return new PageTableEnvironment(this);
        }
    }
}
