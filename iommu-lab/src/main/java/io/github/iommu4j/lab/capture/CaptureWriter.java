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
        table(
                CaptureTable.REGISTERS,
                capture.registers().registers().values().stream()
                        .map(RowWriters::register)
                        .toList());
        table(
                CaptureTable.PAGES,
                capture.image().pages().stream().map(RowWriters::page).toList());
        table(
                CaptureTable.translations(capture.family()),
                capture.translations().stream()
                        .map(row -> RowWriters.translation(row, capture.family()))
                        .toList());
        table(
                CaptureTable.probes(capture.family()),
                capture.probes().stream().map(RowWriters::probe).toList());
        table(
                CaptureTable.UNMAPPED,
                capture.unmapped().stream().map(RowWriters::unmapped).toList());
        if (capture.family() == Family.VTD) {
            table(
                    CaptureTable.FAULTS,
                    capture.faults().stream().map(RowWriters::fault).toList());
        } else {
            table(
                    CaptureTable.EVENTS,
                    capture.events().stream().map(RowWriters::event).toList());
        }
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(directory.resolve("pages.bin.gz")))) {
            out.write(capture.image().content());
        }
    }

    private void table(CaptureTable table, List<List<Object>> rows) throws IOException {
        try (Writer out = Files.newBufferedWriter(directory.resolve(table.file()), StandardCharsets.UTF_8)) {
            out.write(FORMAT.format(table.columns().toArray()) + "\n");
            for (List<Object> row : rows) {
                out.write(FORMAT.format(row.toArray()) + "\n");
            }
        }
    }
}
