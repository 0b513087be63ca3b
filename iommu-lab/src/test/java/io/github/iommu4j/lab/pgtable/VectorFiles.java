package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.kernel.OracleFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Recorded page-table calls for tests: a few that come with the tests, to be copied and spoiled. */
public final class VectorFiles {

    public static final String SPLITS = "v7s-split-hand-v7s-ns-nc";
    public static final String RANDOM_SPLITS = "v7s-split-rand-part";
    public static final String STAGE_1 = "lpae-hand-s1-4k-39-40-nc-ns";
    public static final String WIDE = "lpae-hand-s1-64k-52-52";
    public static final String MALI = "lpae-hand-mali-39-40";
    public static final String STAGE_2 = "lpae-rand-part";
    public static final String MEDIATEK = "v7s-hand-v7s-mtk34";
    public static final String CONFIGURATIONS = "config-sweep-part";

    /** All of them. */
    public static final List<String> ALL =
            List.of(SPLITS, RANDOM_SPLITS, STAGE_1, WIDE, MALI, STAGE_2, MEDIATEK, CONFIGURATIONS);

    private VectorFiles() {}

    /** Copies one into a directory. */
    public static Path copy(Path directory, String name) throws IOException {
        String file = name + ".jsonl.gz";
        try (InputStream in = VectorFiles.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IOException("no resource " + file);
            }
            return Files.write(directory.resolve(file), in.readAllBytes());
        }
    }

    /** The files of the corpus whose names begin somehow; skips the test where there is no corpus. */
    static List<Path> corpus(String... prefixes) throws IOException {
        Path directory = OracleFiles.corpus().resolveSibling("pgtable");
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jsonl.gz"))
                    .filter(file -> Stream.of(prefixes)
                            .anyMatch(prefix -> file.getFileName().toString().startsWith(prefix)))
                    .sorted()
                    .toList();
        }
    }
}
