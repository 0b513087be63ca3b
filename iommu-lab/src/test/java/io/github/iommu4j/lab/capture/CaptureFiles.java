package io.github.iommu4j.lab.capture;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Captures for tests: the corpus where it is present, and copies of the shipped capture to spoil. */
public final class CaptureFiles {

    private static final List<String> FILES = List.of(
            "regs.csv",
            "pages.csv",
            "pages.bin.gz",
            "qemu_translations.csv",
            "probe.csv",
            "walker_unmapped.csv",
            "events.csv",
            "walker_leaves.csv.gz");

    private CaptureFiles() {}

    /** Copies the shipped capture into a directory and returns it. */
    public static Path copyShipped(Path directory) throws IOException {
        CaptureSource shipped = CaptureSource.shipped();
        Path copy = Files.createDirectories(directory.resolve(shipped.name()));
        for (String file : FILES) {
            try (InputStream in = shipped.open(file)) {
                if (in == null) {
                    throw new IOException("the shipped capture has no " + file);
                }
                Files.copy(in, copy.resolve(file));
            }
        }
        return copy;
    }

    /** Copies a capture, without the files no replay reads. */
    public static Path copy(Path capture, Path directory) throws IOException {
        Path copy = Files.createDirectories(directory.resolve(String.valueOf(capture.getFileName())));
        for (String file : FILES) {
            Files.copy(capture.resolve(file), copy.resolve(file));
            copy.resolve(file).toFile().setWritable(true);
        }
        return copy;
    }

    /** Rewrites a text file. */
    public static void edit(Path file, UnaryOperator<String> change) throws IOException {
        Files.writeString(file, change.apply(Files.readString(file)));
    }

    /** Replaces one cell of a table; lines count from 1, the header's. */
    public static void setCell(Path file, int line, String column, String value) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header = List.of(lines.get(0).split(",", -1));
        String[] cells = lines.get(line - 1).split(",", -1);
        cells[header.indexOf(column)] = value;
        lines.set(line - 1, String.join(",", cells));
        Files.write(file, lines);
    }

    /** Unpacks a gzip file. */
    public static byte[] gunzip(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return in.readAllBytes();
        }
    }

    /** Packs bytes into a gzip file. */
    public static void gzip(Path file, byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            new ByteArrayInputStream(content).transferTo(out);
        }
        Files.write(file, packed.toByteArray());
    }

    /** The captures of one family in the corpus; none, with a word about it, where the corpus is absent. */
    public static List<Path> corpus(String prefix) {
        Path root = Path.of(System.getProperty("iommu.corpus", "../../shared/corpus"), "qemu");
        if (!Files.isDirectory(root)) {
            System.out.println("skipped: no corpus at " + root + " (set -Diommu.corpus)");
            return List.of();
        }
        try (Stream<Path> captures = Files.list(root)) {
            return captures.filter(Files::isDirectory)
                    .filter(path -> String.valueOf(path.getFileName()).startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The leaf mappings an independent walker found ({@code walker_leaves.csv.gz}), as cells by line. */
    public static List<Leaf> leaves(Path capture) throws IOException {
        String text = new String(gunzip(capture.resolve("walker_leaves.csv.gz")), StandardCharsets.UTF_8);
        return text.lines().skip(1).map(Leaf::parse).toList();
    }

    /** One mapping by the independent walker. */
    public record Leaf(int streamId, long iova, long pa, long size, int level, int permissions, long descriptor) {

        static Leaf parse(String line) {
            String[] cells = line.split(",", -1);
            return new Leaf(
                    (int) hex(cells[0]),
                    hex(cells[1]),
                    hex(cells[2]),
                    hex(cells[3]),
                    Integer.parseInt(cells[4]),
                    Integer.parseInt(cells[5]) | Integer.parseInt(cells[6]) << 1,
                    hex(cells[7]));
        }

        private static long hex(String cell) {
            return Long.parseUnsignedLong(cell.substring(2), 16);
        }
    }
}
