package io.github.iommu4j.lab.oracle;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.capture.CaptureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
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
        int number = 0;
        try (BufferedReader reader = open(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                lines.add(new JsonView(JsonParser.parseString(line), "line " + number));
            }
        } catch (IOException e) {
            throw new CaptureException(file + ": cannot be read: " + e.getMessage());
        } catch (JsonParseException e) {
            throw new CaptureException(file + " line " + number + ": is not JSON");
        }
        if (lines.size() < HEADER_LINES) {
            throw new CaptureException(file + ": has no header and first state");
        }
        try {
            return sequence(lines);
        } catch (JsonView.MalformedException e) {
            throw new CaptureException(file + ": " + e.getMessage());
        }
    }

    private static BufferedReader open(Path file) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
            return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8));
        } catch (IOException e) {
            in.close();
            throw e;
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
