package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.lab.vector.Effects;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Our side of one sequence: makes each row's call on a table of ours and writes down what came of it. */
final class SequenceModel {

    private static final String NO_TABLE = "there is no table";

    private final TableFamily family;
    private final Set<Erratum> errata;
    private @Nullable TableMachine machine;
    private @Nullable ModelTable table;

    /**
     * What came of a row.
     *
     * @param row our row; {@code null} when the model broke
     * @param failure how it broke; {@code null} when it did not
     */
    record Played(@Nullable VectorRow row, @Nullable String failure) {}

    /** Nothing begun yet, under the defects that are switched on. */
    SequenceModel(TableFamily family, Set<Erratum> errata) {
        this.family = family;
        this.errata = errata;
    }

    /** Makes a row's call. The first row must be the sequence's start. */
    Played play(VectorRow row) {
        try {
            return new Played(ours(row), null);
        } catch (RuntimeException | AssertionError broken) {
            return new Played(null, broken.toString());
        }
    }

    private VectorRow ours(VectorRow row) {
        if (row instanceof VectorRow.Start start) {
            return begin(start);
        }
        if (row instanceof VectorRow.Call call) {
            return new VectorRow.Call(call.index(), call.name(), call.arguments(), answers(call), takeEffects());
        }
        if (row instanceof VectorRow.Checkpoint checkpoint) {
            return look(checkpoint);
        }
        table().destroy();
        return new VectorRow.End(((VectorRow.End) row).index(), takeEffects());
    }

    private VectorRow begin(VectorRow.Start start) {
        TableMachine fresh = new TableMachine(start.place());
        machine = fresh;
        Members outputs;
        boolean accepted = true;
        try {
            table = family.create(start, fresh, errata);
            outputs = table.outputs();
        } catch (IommuException refused) {
            accepted = false;
            outputs = Members.NONE;
        }
        return new VectorRow.Start(
                start.name(), start.format(), start.place(), start.request(), accepted, outputs, takeEffects());
    }

    private Members answers(VectorRow.Call call) {
        if (!call.name().equals(Operations.FAIL_ALLOC)) {
            return table().call(call);
        }
        machine().failAllocation(call.arguments().number("n"));
        return new Members(Map.of());
    }

    private VectorRow look(VectorRow.Checkpoint checkpoint) {
        TableState state = machine().state(table().leaves());
        List<VectorRow.Translation> translations = checkpoint.translations().stream()
                .map(each -> new VectorRow.Translation(each.iova(), table().translate(each.iova())))
                .toList();
        return new VectorRow.Checkpoint(checkpoint.index(), state, translations, table().more());
    }

    private Effects takeEffects() {
        return machine().takeEffects();
    }

    private TableMachine machine() {
        if (machine == null) {
            throw new AssertionError(NO_TABLE);
        }
        return machine;
    }

    /** Whether the table came into being. */
    boolean hasTable() {
        return table != null;
    }

    /** The table. */
    ModelTable table() {
        if (table == null) {
            throw new AssertionError(NO_TABLE);
        }
        return table;
    }
}
