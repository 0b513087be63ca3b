package io.github.iommu4j.armshort.halves;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.armshort.halves.RecordedSequences.Checkpoint;
import io.github.iommu4j.armshort.halves.RecordedSequences.DescriptorChange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Every recorded sequence of the kernel's short-descriptor code, where the corpus is. */
class CorpusTest {

    private static List<Path> files() throws IOException {
        Path root = Path.of(System.getProperty("iommu.corpus", "../../../shared/corpus"), "pgtable");
        if (!Files.isDirectory(root)) {
            String reason = "skipped: no corpus at " + root + " (set -Diommu.corpus)";
            System.out.println(reason);
            Assumptions.abort(reason);
        }
        try (Stream<Path> files = Files.list(root)) {
            return files.filter(file -> file.getFileName().toString().matches("v7s-.*\\.jsonl\\.gz"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theHardwareGoesWhereTheKernelSaidItWould() throws IOException {
        List<String> differences = new ArrayList<>();
        int compared = 0;
        int rights = 0;
        for (Path file : files()) {
            try (InputStream stream = Files.newInputStream(file)) {
                for (Checkpoint checkpoint : RecordedSequences.read(stream)) {
                    HalvesCheck.Result result = HalvesCheck.run(
                            checkpoint.setup(), checkpoint.memory(DescriptorChange.NONE), checkpoint.expected());
                    result.differences()
                            .forEach(line ->
                                    differences.add(file.getFileName() + " " + checkpoint.name() + ": " + line));
                    compared += result.compared();
                    rights += result.rights();
                }
            }
        }
        System.out.println("short-descriptor corpus: " + compared + " addresses compared, rights of " + rights);
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(10_000);
        assertThat(rights).isGreaterThan(3_000);
    }
}
