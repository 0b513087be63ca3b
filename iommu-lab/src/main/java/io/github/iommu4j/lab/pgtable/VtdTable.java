package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.intel.IntelTable;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableEvent;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import io.github.iommu4j.vtd.driver.FlushSelection;
import io.github.iommu4j.vtd.driver.FlushSelection.Changed;
import io.github.iommu4j.vtd.driver.FlushSelection.Choice;
import io.github.iommu4j.vtd.driver.FlushSelection.Scope;
import io.github.iommu4j.vtd.driver.VtdErratum;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A table of Intel's, with what the driver invalidates for it. */
final class VtdTable implements ModelTable {

    private static final long PAGE = 4096;
    private static final long IH = 1 << 6;

    private final VtdRequest request;
    private final TableMachine machine;
    private final IntelTable table;
    private final FlushSelection selection;
    private final VtdWalker walker;
    private IotlbGather gather = new IotlbGather();

    /**
     * @param request what is asked for
     * @param machine where the table is to be
     * @param errata the defects that are switched on
     */
    VtdTable(VtdRequest request, TableMachine machine, Set<Erratum> errata) {
        this.request = request;
        this.machine = machine;
        Set<VtdErratum> driver =
                Stream.of(VtdErratum.values()).filter(errata::contains).collect(Collectors.toSet());
        this.selection = FlushSelection.of(
                request.selective() ? FlushSelection.Pages.SELECTIVE : FlushSelection.Pages.WHOLE_DOMAIN,
                request.maximumOrder(),
                driver);
        this.table = IntelTable.create(request.config(), machine.environment(errata, replacements(), machine.lines()));
        if (request.config().coherency() == WalkCoherency.COHERENT) {
            // Linux makes the root before it knows who will walk it, and writes it back in any case.
            machine.lines().map(table.pageTable().root(), PAGE);
        }
        this.walker = new VtdWalker(machine, table.pageTable().root(), request.config());
    }

    /** Linux flushes for itself after an unmap; but what a larger page replaces is flushed at once. */
    private TlbInvalidation replacements() {
        return new TlbInvalidation() {
            @Override
            public void flushAll() {}

            @Override
            public void flushWalk(long iova, long size, long granule) {
                flush(iova, size / PAGE, Changed.TABLES);
            }

            @Override
            public void addPage(@Nullable IotlbGather ignored, long iova, long granule) {}
        };
    }

    @Override
    public Members outputs() {
        Map<String, Object> outputs = new LinkedHashMap<>();
        outputs.put("agaw", (long) request.config().widthCode());
        outputs.put("levels", (long) request.config().levels());
        outputs.put("pgd", table.pageTable().root());
        return new Members(outputs);
    }

    @Override
    public Members call(VectorRow.Call call) {
        Members arguments = call.arguments();
        return switch (call.name()) {
            case Operations.MAP -> EngineTable.map(arguments, table::map);
            case Operations.UNMAP -> unmap(arguments);
            case VtdRequest.SYNC_MAP -> syncMap(arguments);
            case VtdRequest.TLB_SYNC -> sync(arguments);
            case VtdRequest.PUT_FREELIST -> free();
            default -> new Members(Map.of("ret", translate(arguments.number("iova"))));
        };
    }

    private Members unmap(Members arguments) {
        IotlbGather fresh = EngineTable.gather(arguments.word("gather"));
        Map<String, Object> answers = new LinkedHashMap<>();
        try {
            answers.put(
                    "ret",
                    table.unmap(
                            arguments.number("iova"), arguments.number("pgsize"), arguments.number("pgcount"), fresh));
            gather = fresh == null ? new IotlbGather() : fresh;
            answers.put(VtdRequest.FREELIST_EMPTY, gather.freedTables().isEmpty() ? 1L : 0L);
        } catch (AssertionError panic) {
            answers.put("ret", "BUG");
        }
        return new Members(answers);
    }

    private Members syncMap(Members arguments) {
        if (request.caching() && !request.isFirstStage()) {
            long iova = arguments.number("iova") & -PAGE;
            flushIotlb(iova, pages(arguments.number("iova"), arguments.number("size")), Changed.TABLES);
        }
        return Members.NONE;
    }

    private Members sync(Members arguments) {
        long start = arguments.number("start");
        Changed changed = gather.freedTables().isEmpty() ? Changed.LEAVES : Changed.TABLES;
        try {
            flush(start & -PAGE, pages(start, arguments.number("end") - start + 1), changed);
        } catch (AssertionError panic) {
            return new Members(Map.of("bug", true));
        }
        return free();
    }

    private static long pages(long start, long size) {
        return (start & PAGE - 1) + size + PAGE - 1 >>> 12;
    }

    private void flush(long iova, long pages, Changed changed) {
        Choice choice = flushIotlb(iova, pages, changed);
        if (request.deviceTlb()) {
            machine.invalidated(TableEvent.of("devtlb", iova, (long) choice.order()));
        }
    }

    private Choice flushIotlb(long iova, long pages, Changed changed) {
        boolean leaves = changed == Changed.LEAVES;
        if (request.isFirstStage()) {
            Choice choice = selection.firstStage(iova, pages, changed);
            machine.invalidated(TableEvent.of("piotlb", iova, pages, leaves ? 1L : 0L));
            return choice;
        }
        Choice choice = selection.secondStage(iova, pages, changed);
        machine.invalidated(
                choice.scope() == Scope.DOMAIN
                        ? TableEvent.of("dsi", request.did())
                        : TableEvent.of("psi", iova | (leaves ? IH : 0), (long) choice.order(), request.did()));
        return choice;
    }

    private Members free() {
        table.pageTable().freeGathered(gather);
        gather = new IotlbGather();
        return Members.NONE;
    }

    @Override
    public long translate(long iova) {
        return table.pageTable().iovaToPhys(iova);
    }

    @Override
    public SortedMap<Long, Leaf> leaves() {
        return EngineTable.leaves(table.pageTable());
    }

    @Override
    public Members more() {
        return new Members(Map.of("max_addr", table.highestMapped()));
    }

    @Override
    public TableWalk walk(long iova) {
        return walker.walk(iova);
    }

    @Override
    public void destroy() {
        table.pageTable().destroy();
    }
}
