package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A table of the core's engine. */
final class EngineTable implements ModelTable {

    private static final String RET = "ret";

    private final PageTable table;
    private final Members outputs;
    private final LongFunction<TableWalk> walker;

    /**
     * @param table the engine's table
     * @param outputs what came back when it was made
     * @param walker reads it as the hardware does
     */
    EngineTable(PageTable table, Members outputs, LongFunction<TableWalk> walker) {
        this.table = table;
        this.outputs = outputs;
        this.walker = walker;
    }

    @Override
    public Members outputs() {
        return outputs;
    }

    @Override
    public Members call(VectorRow.Call call) {
        Members arguments = call.arguments();
        return switch (call.name()) {
            case Operations.MAP -> map(arguments, table::map);
            case Operations.UNMAP -> new Members(Map.of(RET, unmap(arguments)));
            default -> new Members(Map.of(RET, table.iovaToPhys(arguments.number("iova"))));
        };
    }

    /** Maps pages, as {@link PageTable#map}. */
    @FunctionalInterface
    interface Mapping {
        void map(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress);
    }

    /** Makes a call to map; what it refuses is an answer too. */
    static Members map(Members arguments, Mapping mapping) {
        MapProgress progress = new MapProgress();
        String ret = "OK";
        try {
            mapping.map(
                    arguments.number("iova"),
                    arguments.number("paddr"),
                    arguments.number("pgsize"),
                    arguments.number("pgcount"),
                    new Prot((int) arguments.number("prot")),
                    progress);
        } catch (IommuException refusal) {
            ret = refusal.errno().name();
        }
        return new Members(Map.of(RET, ret, "mapped", progress.mapped()));
    }

    private long unmap(Members arguments) {
        return table.unmap(
                arguments.number("iova"),
                arguments.number("pgsize"),
                arguments.number("pgcount"),
                gather(arguments.word("gather")));
    }

    static @Nullable IotlbGather gather(String kind) {
        return switch (kind) {
            case "strict" -> new IotlbGather();
            case "queued" -> IotlbGather.queued();
            default -> null;
        };
    }

    @Override
    public long translate(long iova) {
        return table.iovaToPhys(iova);
    }

    @Override
    public SortedMap<Long, Leaf> leaves() {
        return leaves(table);
    }

    /** All leaves of a table of the core's engine. */
    static SortedMap<Long, Leaf> leaves(PageTable table) {
        SortedMap<Long, Leaf> leaves = TableState.byAddress();
        table.forEachLeaf((iova, span, descriptor, pa) -> leaves.put(iova, new Leaf(span, descriptor)));
        return leaves;
    }

    @Override
    public TableWalk walk(long iova) {
        return walker.apply(iova);
    }

    @Override
    public void destroy() {
        table.destroy();
    }
}
