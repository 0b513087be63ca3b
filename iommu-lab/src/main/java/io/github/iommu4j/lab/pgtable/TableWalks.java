package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.vector.VectorReader;
import io.github.iommu4j.lab.vector.VectorRow;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Walks a table as it stands somewhere in a sequence. */
public final class TableWalks {

    private TableWalks() {}

    /**
     * Which table, and when.
     *
     * @param file the file
     * @param sequence the sequence's name
     * @param row the last row that is played; {@code null} for the last before the end
     */
    public record Moment(
            Path file, String sequence, @Nullable Integer row) {}

    /**
     * Plays a sequence up to a row and walks its table.
     *
     * @param moment which table, and when
     * @param iova the input address
     * @return every read and the result
     * @throws CaptureException when the file cannot be read, or has no such sequence or row, or the table is refused
     */
    public static TableWalk walk(Moment moment, long iova) throws CaptureException {
        try (VectorReader reader = VectorReader.open(moment.file(), TableFamilies::dialectOf)) {
            for (VectorRow row = reader.next(); row != null; row = reader.next()) {
                if (row instanceof VectorRow.Start start && start.name().equals(moment.sequence())) {
                    return play(reader, start, moment).walk(iova);
                }
            }
        }
        throw new CaptureException(moment.file() + ": there is no sequence '" + moment.sequence() + "'");
    }

    private static ModelTable play(VectorReader reader, VectorRow.Start start, Moment moment) throws CaptureException {
        SequenceModel model = new SequenceModel(TableFamilies.of(start.format()), Set.of());
        play(model, start, moment);
        if (!model.hasTable()) {
            throw refused(moment, "its configuration is refused, so that there is no table");
        }
        int last = -1;
        for (VectorRow row = reader.next(); row != null && last != wanted(moment); row = reader.next()) {
            if (row instanceof VectorRow.End) {
                break;
            }
            play(model, row, moment);
            last++;
        }
        if (moment.row() != null && last != moment.row()) {
            throw refused(moment, "there is no row " + moment.row() + "; the last before the end is " + last);
        }
        return model.table();
    }

    private static int wanted(Moment moment) {
        return moment.row() == null ? Integer.MAX_VALUE : moment.row();
    }

    private static void play(SequenceModel model, VectorRow row, Moment moment) throws CaptureException {
        String failure = model.play(row).failure();
        if (failure != null) {
            throw refused(moment, "the model broke: " + failure);
        }
    }

    private static CaptureException refused(Moment moment, String reason) {
        return new CaptureException(moment.file() + ": sequence '" + moment.sequence() + "': " + reason);
    }
}
