package io.github.iommu4j.lab.oracle;

import io.github.iommu4j.lab.capture.CaptureException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads sequences. All methods are pure but for reading files. */
public final class SequenceFile {

    private static final int HEADER_LINES = 2;

    private SequenceFile() {}

    /**
     * Reads a sequence.
     *
     * @param file one JSON object a line; compressed when its name ends in {@code .gz}
     * @return the sequence
     * @throws CaptureException when it cannot be read
     */
    public static Sequence read(Path file) throws CaptureException {
        List<JsonView> lines = new ArrayList<>();
        try (JsonLines reader = JsonLines.open(file)) {
            for (JsonView line = reader.next(); line != null; line = reader.next()) {
                lines.add(line);
            }
            if (lines.size() < HEADER_LINES) {
                throw new CaptureException(file + ": has no header and first state");
            }
            try {
                return sequence(lines);
            } catch (JsonView.MalformedException e) {
                throw reader.broken(e);
            }
        }
    }

    private static Sequence sequence(List<JsonView> lines) {
        JsonView header = lines.get(0);
        JsonView init = lines.get(1);
        if (!init.get("op").text().equals("init")) {
            throw new JsonView.MalformedException("line 2 should be the first state");
        }
        List<JsonView> rest = lines.subList(HEADER_LINES, lines.size());
        Integer pending = end(rest);
        List<JsonView> rows = pending == null ? rest : rest.subList(0, rest.size() - 1);
        return new Sequence(
                header.get("topology").text(),
                header.get("kernel").text(),
                header.get("seq").text(),
                header.get("boot_sequences").list(JsonView::text),
                header.get("kernel_cmdline").text(),
                header.optional("crashed_at", JsonView::integer),
                Snapshot.of(init.get("s")),
                Sequence.startGroups(init),
                rows.stream().map(SequenceRow::of).toList(),
                pending);
    }

    private static @Nullable Integer end(List<JsonView> rows) {
        if (rows.isEmpty()) {
            return null;
        }
        JsonView last = rows.get(rows.size() - 1);
        return last.get("op").text().equals("end") ? last.get("pending").integer() : null;
    }
}
