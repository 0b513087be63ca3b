package io.github.iommu4j.lab.capture;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.csv.CSVFormat;

/** Writes captures as {@link CaptureReader} reads them: one table for each list, registers, and the pages of memory. */
public final class CaptureWriter {

    private static final CSVFormat FORMAT = CSVFormat.RFC4180;

    private final Path directory;

    private CaptureWriter(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes a capture.
     *
     * @param capture the capture
     * @param directory where to; it must be empty, or not be there
     * @throws CaptureException when the directory holds something, or cannot be written
     */
    public static void write(Capture capture, Path directory) throws CaptureException {
        try {
            requireEmpty(directory);
            Files.createDirectories(directory);
            new CaptureWriter(directory).write(capture);
        } catch (IOException e) {
            throw new CaptureException("cannot write " + directory + ": " + e.getMessage());
        }
    }

    private static void requireEmpty(Path directory) throws IOException, CaptureException {
        if (!Files.exists(directory)) {
            return;
        }
        if (!Files.isDirectory(directory)) {
            throw new CaptureException(directory + " is not a directory");
        }
        try (Stream<Path> files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                throw new CaptureException(
                        directory + " is not empty: a capture is written into a directory of its own");
            }
        }
    }

    private void write(Capture capture) throws IOException {
        boolean vtd = capture.family() == Family.VTD;
        table(
                "regs.csv",
                List.of("name", "offset", "bytes", "value"),
                capture.registers().registers().values().stream()
                        .map(RowWriters::register)
                        .toList());
        table(
                "pages.csv",
                List.of("gpa", "offset"),
                capture.image().pages().stream().map(RowWriters::page).toList());
        table(
                "qemu_translations.csv",
                vtd ? RowWriters.VTD_TRANSLATION : RowWriters.SMMU_TRANSLATION,
                capture.translations().stream()
                        .map(row -> RowWriters.translation(row, capture.family()))
                        .toList());
        table(
                "probe.csv",
                vtd ? RowWriters.VTD_PROBE : RowWriters.SMMU_PROBE,
                capture.probes().stream().map(RowWriters::probe).toList());
        table(
                "walker_unmapped.csv",
                List.of("sid", "iova", "access", "fault"),
                capture.unmapped().stream().map(RowWriters::unmapped).toList());
        if (vtd) {
            table(
                    "qemu_faults.csv",
                    List.of("sid", "addr", "reason", "write"),
                    capture.faults().stream().map(RowWriters::fault).toList());
        } else {
            table(
                    "events.csv",
                    RowWriters.EVENT,
                    capture.events().stream().map(RowWriters::event).toList());
        }
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(directory.resolve("pages.bin.gz")))) {
            out.write(capture.image().content());
        }
    }

    private void table(String file, List<String> columns, List<List<Object>> rows) throws IOException {
        try (Writer out = Files.newBufferedWriter(directory.resolve(file), StandardCharsets.UTF_8)) {
            out.write(FORMAT.format(columns.toArray()) + "\n");
            for (List<Object> row : rows) {
                out.write(FORMAT.format(row.toArray()) + "\n");
            }
        }
    }
}
