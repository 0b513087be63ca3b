package io.github.iommu4j.lab.replay.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureFiles;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.lab.verdict.Tally;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class VtdReplayTest {

    private static ReplayResult replay(Path path) throws CaptureException {
        return VtdReplay.run(CaptureReader.read(CaptureSource.directory(path)));
    }

    @TestFactory
    Stream<DynamicTest> everyCaptureOfTheCorpusAgrees() {
        return CaptureFiles.corpus("vtd-").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    ReplayResult result = replay(path);
                    assertThat(result.differences()).isEmpty();
                    Tally total = result.total();
                    assertThat(total.rows()).isEqualTo(total.agree() + total.skippedRows());
                    assertThat(total.skipped().keySet())
                            .isSubsetOf(
                                    "the reference logged nothing",
                                    "marked as not comparable",
                                    "the fault predates the image: the address is mapped in it");
                    assertThat(result.translations().skipped()).isEmpty();
                    assertThat(result.unmapped().skipped()).isEmpty();
                }));
    }

    @TestFactory
    Stream<DynamicTest> aTranslationThatIsChangedInTheCaptureIsADifference() {
        return CaptureFiles.corpus("vtd-").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    Capture capture = CaptureReader.read(CaptureSource.directory(path));
                    List<Capture> wrong = List.of(
                            WrongCaptures.withAnotherAddress(capture),
                            WrongCaptures.withAnotherProbe(capture),
                            WrongCaptures.withAnotherReason(capture));
                    for (Capture each : wrong) {
                        assertThat(VtdReplay.run(each).differences()).hasSize(1);
                    }
                }));
    }
}
