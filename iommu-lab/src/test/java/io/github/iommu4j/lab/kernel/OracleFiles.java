package io.github.iommu4j.lab.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.opentest4j.TestAbortedException;

/** Oracle files for tests: a few that come with the tests, to be copied and spoiled, and the corpus where it is. */
public final class OracleFiles {

    private OracleFiles() {}

    /** Copies the machines and the sequences named into a directory; returns the sequences. */
    public static List<Path> copy(Path directory, String... sequences) throws IOException {
        Files.write(directory.resolve("topology.json"), resource("topology.json"));
        List<Path> copies = new ArrayList<>();
        for (String sequence : sequences) {
            String name = sequence + ".jsonl.gz";
            copies.add(Files.write(directory.resolve(name), resource(name)));
        }
        return copies;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = OracleFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name);
            }
            return in.readAllBytes();
        }
    }

    /** Rewrites the line of one row. */
    public static void editRow(Path sequence, int row, UnaryOperator<String> change) throws IOException {
        editLine(sequence, row + 2, change);
    }

    /** Rewrites one line, counted from 0. */
    public static void editLine(Path sequence, int line, UnaryOperator<String> change) throws IOException {
        List<String> lines = new ArrayList<>(lines(sequence));
        String changed = change.apply(lines.get(line));
        if (changed.equals(lines.get(line))) {
            throw new IllegalArgumentException("nothing changed in " + changed);
        }
        lines.set(line, changed);
        write(sequence, lines);
    }

    public static List<String> lines(Path sequence) throws IOException {
        byte[] packed = Files.readAllBytes(sequence);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    public static void write(Path sequence, List<String> lines) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(sequence))) {
            out.write(String.join("\n", lines).concat("\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The oracle's corpus; skips the test, with a line that says so, where it is not. */
    public static Path corpus() {
        Path root = Path.of(System.getProperty("iommu.corpus", "../../shared/corpus"), "kernel-oracle");
        if (!Files.isDirectory(root)) {
            String reason = "skipped: no corpus at " + root + " (set -Diommu.corpus)";
            System.out.println(reason);
            throw new TestAbortedException(reason);
        }
        return root;
    }

    /** All sequences of the corpus. */
    public static List<Path> sequences(Path corpus) {
        try (Stream<Path> files = Files.list(corpus.resolve("seq"))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
