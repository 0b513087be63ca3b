package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/**
 * One page table: maps, unmaps, looks up. The descriptors live in physical memory and nowhere else; what they mean is
 * the {@link PageTableFormat}'s (Linux {@code io_pgtable_ops}).
 *
 * <p><b>Thread-safety:</b> any number of threads may map, unmap and look up at the same time as long as no two of them
 * change the same addresses; tables they share are published by compare-and-set. {@link #destroy()} must be the only
 * call.
 */
public final class PageTable {

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final Mapper mapper;
    private final Unmapper unmapper;
    private final @Nullable RangeMapper rangeMapper;
    private final @Nullable RangeUnmapper rangeUnmapper;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final long root;
    private final boolean checksRuns;
    private final boolean checksLookups;
    private boolean destroyed;

    private PageTable(PageTableFormat format, PageTableEnvironment environment) {
        this.shape = new TableShape(format);
        this.words = new DescriptorWords(environment.memory(), format.wordBytes());
        this.tables = new Tables(shape, words, environment);
        this.mapper = new Mapper(shape, words, tables, environment);
        this.unmapper = new Unmapper(shape, words, tables, environment);
        boolean ranges = format.runRule() == RunRule.WHOLE_RANGE;
        this.rangeMapper = ranges ? new RangeMapper(shape, words, tables, environment) : null;
        this.rangeUnmapper = ranges ? new RangeUnmapper(shape, words, tables, environment) : null;
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.root = tables.root();
        this.checksRuns = !environment.has(PageTableErratum.RUN_END_UNCHECKED);
        this.checksLookups = !environment.has(PageTableErratum.LOOKUP_ALIASES);
    }

    /**
     * Makes an empty table.
     *
     * @param format how descriptors look
     * @param environment what the table stands in
     * @return the table, whose root is allocated
     * @throws IommuException {@code ENOMEM} when there is no memory for the root, or only where the hardware cannot find
     *     it
     */
    public static PageTable create(PageTableFormat format, PageTableEnvironment environment) {
        return new PageTable(format, environment);
    }

    /**
     * Where the root is.
     *
     * @return physical address of the highest table
     */
    public long root() {
        return root;
    }

    /**
     * How this table's descriptors look.
     *
     * @return the format
     */
    public PageTableFormat format() {
        return shape.format;
    }

    /**
     * Maps equal pages (Linux {@code map_pages}). May do fewer than asked for, see {@link RunRule}.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pa first physical address, aligned to {@code pageSize}
     * @param pageSize bytes, one of the format's page sizes
     * @param count how many pages, at least 1
     * @param prot what the device may do
     * @param progress counts the bytes mapped, also before a failure
     * <p>With {@link RunRule#WHOLE_RANGE}, nothing that is refused is warned of; {@code EFAULT} is for addresses that do not
     * fit, and what is in the way stays with a warning, unless it is a larger leaf than would be written: {@code EEXIST}.
     *
     * @throws IommuException {@code EINVAL} (with a warning) when {@code pageSize} is not one of the sizes, an address is
     *     not aligned to it or there is no page; {@code ERANGE} (with a warning) when addresses do not fit; {@code EINVAL} when neither
     *     reading nor writing is allowed; {@code EEXIST} (with a warning) when something is mapped there; {@code ENOMEM}
     *     when there is no memory for a table; {@code EFAULT} (with a warning) when a descriptor points to where no
     *     memory is
     */
    public void map(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        if (rangeMapper != null) {
            mapRange(rangeMapper, new Request(iova, pa, pageSize, count, prot), progress);
            return;
        }
        Leaf leaf = shape.leafOfSize(pageSize);
        if (leaf == null || ((iova | pa) & pageSize - 1) != 0 || count < 0) {
            throw refused(Errno.EINVAL, count + " pages of no size there is, or not aligned to it", iova, pa, pageSize);
        }
        int sizeLg2 = leaf.sizeLg2;
        if (!isInput(iova, count, sizeLg2) || !isOutput(pa, count, sizeLg2)) {
            throw refused(Errno.ERANGE, count + " pages leave the address space", iova, pa, pageSize);
        }
        if (!Leaf.isAccessible(prot) || count == 0) {
            throw new IommuException(Errno.EINVAL, prot + " allows neither reading nor writing, or there is no page");
        }
        requireAlive();
        try {
            mapper.map(iova, pa, leaf, count, leaf.attributes(prot), progress);
        } catch (BusErrorException nothingThere) {
            throw refused(Errno.EFAULT, nothingThere.getMessage(), iova, pa, pageSize);
        }
    }

    /** What a call for a range asks for. */
    private record Request(long iova, long pa, long pageSize, long count, Prot prot) {}

    private void mapRange(RangeMapper mapperOfRanges, Request request, MapProgress progress) {
        long iova = request.iova;
        long pageSize = request.pageSize;
        if (!isPageSize(pageSize) || ((iova | request.pa) & pageSize - 1) != 0 || request.count <= 0) {
            throw new IommuException(
                    Errno.EINVAL, String.format("%s: no page of that size, or not aligned to it", request));
        }
        int sizeLg2 = Long.numberOfTrailingZeros(pageSize);
        if (!shape.isInputRun(iova, request.count, sizeLg2) || !shape.isOutputRun(request.pa, request.count, sizeLg2)) {
            String problem = String.format("the width of the table is not enough for %s", request);
            log.print(KernelLog.Level.ERR, problem);
            throw new IommuException(Errno.EFAULT, problem);
        }
        if (!Leaf.isAccessible(request.prot)) {
            throw new IommuException(Errno.EINVAL, request.prot + " allows neither reading nor writing");
        }
        requireAlive();
        try {
            mapperOfRanges.map(iova, request.pa, request.count << sizeLg2, request.prot, progress);
        } catch (BusErrorException nothingThere) {
            throw refused(Errno.EFAULT, nothingThere.getMessage(), iova, request.pa, pageSize);
        }
    }

    private boolean isPageSize(long pageSize) {
        return (pageSize & pageSize - 1) == 0
                && (pageSize & shape.format.pageSizes().bitmap()) != 0;
    }

    private boolean isInput(long iova, long count, int sizeLg2) {
        return checksRuns && shape.pageByPage
                ? shape.isInputRun(iova, Math.max(count, 1), sizeLg2)
                : shape.isInput(iova);
    }

    private boolean isOutput(long pa, long count, int sizeLg2) {
        return checksRuns ? shape.isOutputRun(pa, Math.max(count, 1), sizeLg2) : shape.isOutput(pa);
    }

    private IommuException refused(Errno errno, String rule, long iova, long pa, long pageSize) {
        String problem = String.format("map of iova 0x%x to 0x%x by 0x%x: %s", iova, pa, pageSize, rule);
        log.warnOn(true, problem);
        return new IommuException(errno, problem);
    }

    /**
     * Unmaps equal pages (Linux {@code unmap_pages}). May do fewer than asked for, see {@link RunRule}. Part of a larger
     * leaf can be unmapped, see {@link PartialUnmap}. A call that is refused, or comes to where nothing is mapped, ends
     * with a warning.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pageSize bytes, one of the format's page sizes
     * @param count how many pages; 0 unmaps nothing
     * @param gather is handed to {@link TlbInvalidation#addPage}, which is not called for a queued one; {@code null} for
     *     none
     * @return bytes unmapped
     */
    public long unmap(long iova, long pageSize, long count, @Nullable IotlbGather gather) {
        if (rangeUnmapper != null) {
            return unmapRange(rangeUnmapper, iova, pageSize, count, gather);
        }
        Leaf leaf = shape.leafOfSize(pageSize);
        if (leaf == null
                || (iova & pageSize - 1) != 0
                || (shape.pageByPage ? count < 0 : count <= 0)
                || !isInput(iova, count, leaf.sizeLg2)) {
            log.warnOn(true, String.format("unmap of %d pages of 0x%x at iova 0x%x", count, pageSize, iova));
            return 0;
        }
        requireAlive();
        if (count == 0) {
            return 0;
        }
        try {
            return unmapper.unmap(iova, leaf, count, gather);
        } catch (BusErrorException nothingThere) {
            log.warnOn(true, String.format("unmap at iova 0x%x: %s", iova, nothingThere.getMessage()));
            return 0;
        }
    }

    private long unmapRange(
            RangeUnmapper unmapperOfRanges, long iova, long pageSize, long count, @Nullable IotlbGather gather) {
        requireAlive();
        if (!isPageSize(pageSize) || (iova & pageSize - 1) != 0 || count <= 0) {
            log.warnOn(true, String.format("unmap of %d pages of 0x%x at iova 0x%x", count, pageSize, iova));
            return 0;
        }
        try {
            return unmapperOfRanges.unmap(iova, count << Long.numberOfTrailingZeros(pageSize), gather);
        } catch (BusErrorException nothingThere) {
            log.warnOn(true, String.format("unmap at iova 0x%x: %s", iova, nothingThere.getMessage()));
            return 0;
        }
    }

    /**
     * Frees the tables that unmapping left in a gather, which has been synced but not yet reset; see {@link
     * FreedTables#AFTER_SYNC}.
     *
     * @param gather what unmapping collected
     * @throws AssertionError when a table in it is not this page table's, or was freed before
     */
    public void freeGathered(IotlbGather gather) {
        tables.freeGathered(gather.freedTables());
    }

    /**
     * Looks a translation up.
     *
     * @param iova any address
     * @return the physical address; 0 when there is none
     */
    public long iovaToPhys(long iova) {
        if (checksLookups && !shape.isInput(iova)) {
            return 0;
        }
        try {
            return lookUp(iova);
        } catch (BusErrorException nothingThere) {
            return 0;
        }
    }

    private long lookUp(long iova) {
        PhysicalMemory memory = words.memory;
        boolean wide = words.wide;
        AddressField next = shape.tableAddress;
        Level level = shape.top;
        long raw = DescriptorWords.load(memory, wide, level.slot(root, iova));
        while (level.isTable(raw)) {
            level = level.below;
            raw = DescriptorWords.load(memory, wide, level.slot(next.read(raw), iova));
        }
        Leaf leaf = level.leafAt(raw);
        return leaf == null ? 0 : leaf.output(raw, iova);
    }

    /**
     * Shows every leaf, one descriptor at a time, ascending by iova. Descriptors that make no sense are left out, and a
     * table that is pointed to more than once is shown once.
     *
     * @param visitor is shown the leaves
     */
    public void forEachLeaf(LeafVisitor visitor) {
        new LeafWalk(shape, words, visitor).visitAll(root);
    }

    /**
     * Invalidates everything and frees every table. The table must not be used any more.
     *
     * @throws AssertionError when it was destroyed before
     */
    public void destroy() {
        requireAlive();
        destroyed = true;
        tlb.flushAll();
        if (rangeUnmapper != null) {
            rangeUnmapper.clearAll();
        }
        tables.freeAll();
    }

    private void requireAlive() {
        if (destroyed) {
            throw new AssertionError("the page table at 0x" + Long.toHexString(root) + " was destroyed");
        }
    }
}
