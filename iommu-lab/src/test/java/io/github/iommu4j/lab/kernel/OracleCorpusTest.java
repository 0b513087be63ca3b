package io.github.iommu4j.lab.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.oracle.TopologyFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Everything the real kernels did, where the corpus is. */
class OracleCorpusTest {

    @Test
    void everyGroupOfEveryMachineIsTheKernels() throws CaptureException {
        Path corpus = OracleFiles.corpus();
        CheckResult result = GroupsCheck.run(TopologyFile.read(corpus.resolve("topology.json")))
                .comparison();
        assertThat(result.differences()).isEmpty();
        assertThat(result.agree()).isEqualTo(result.rows()).isGreaterThan(700);
    }

    @Test
    void everyAnswerAndStateOfEverySequenceIsTheKernels() throws CaptureException {
        Path corpus = OracleFiles.corpus();
        CheckResult result = KernelReplay.run(OracleFiles.sequences(corpus));
        assertThat(result.differences()).isEmpty();
        int skipped =
                result.skipped().values().stream().mapToInt(Integer::intValue).sum();
        assertThat(skipped).isLessThan(result.rows() / 50);
        assertThat(result.skipped().keySet())
                .allMatch(reason -> reason.contains("emulated device"), "is about emulated devices");
        assertThat(result.agree() + skipped).isEqualTo(result.rows()).isGreaterThan(16_000);
    }
}
