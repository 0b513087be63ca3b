package io.github.iommu4j.lab.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureFiles;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.capture.CaptureWriter;
import io.github.iommu4j.lab.capture.MemoryImage;
import io.github.iommu4j.lab.inspect.Inspector;
import io.github.iommu4j.lab.replay.Replay;
import io.github.iommu4j.lab.verdict.ReplayResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordingTest {

    @TempDir
    private Path directory;

    private static Capture ofWorkload(ModelKind kind, int operations, long seed) throws CaptureException {
        WorkloadMachine machine = WorkloadMachine.of(kind);
        return Recording.of(machine.model(), Workload.run(machine, operations, seed));
    }

    private static Capture throughFiles(Capture capture, Path to) throws CaptureException {
        CaptureWriter.write(capture, to);
        return CaptureReader.read(CaptureSource.directory(to));
    }

    @ParameterizedTest
    @EnumSource(ModelKind.class)
    void whatARunningModelSaysIsWhatItsCaptureReplays(ModelKind kind) throws CaptureException {
        for (long seed = 1; seed <= 4; seed++) {
            Capture capture = throughFiles(ofWorkload(kind, 150, seed), directory.resolve(kind.label() + seed));

            ReplayResult result = Replay.run(capture);

            assertThat(result.differences()).isEmpty();
            assertThat(result.deviations()).isEmpty();
            assertThat(result.translations().agree()).isGreaterThan(20);
            assertThat(result.probes().agree()).isGreaterThan(40);
            assertThat(result.unmapped().agree()).isGreaterThan(20);
            assertThat(result.events().agree()).isPositive();
            assertThat(result.total().skippedRows()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ModelKind.class)
    void aByteOfATableChangedInTheCaptureIsADifference(ModelKind kind) throws CaptureException {
        WorkloadMachine machine = WorkloadMachine.of(kind);
        List<DmaRequest> accesses = Workload.run(machine, 60, 7);
        Capture before = Recording.of(machine.model(), accesses);
        DmaRequest mapped = accesses.get(0);
        long entry = machine.model()
                .unit()
                .explain(mapped)
                .fetches()
                .get(machine.model().unit().explain(mapped).fetches().size() - 1)
                .address();
        machine.model().memory().store64(entry, machine.model().memory().load64(entry) ^ 1L << 20);
        Capture after = new Capture(
                before.name(),
                before.family(),
                before.registers(),
                MemoryImage.of(
                        machine.model().memory(),
                        machine.model().memory().pages().toArray()),
                before.translations(),
                before.probes(),
                before.unmapped(),
                before.events(),
                before.faults());

        assertThat(Replay.run(after).differences()).isNotEmpty();
    }

    @TestFactory
    Stream<DynamicTest> whatTheMachineOfACaptureSaysReplaysWithoutDifferences() {
        return CaptureFiles.corpus("").stream()
                .filter(path -> path.getFileName().toString().matches("(vtd|smmu)-.*"))
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    Capture again = throughFiles(
                            Recapture.of(CaptureReader.read(CaptureSource.directory(path))),
                            directory.resolve(path.getFileName() + "-again"));
                    ReplayResult result = Replay.run(again);
                    assertThat(result.differences()).isEmpty();
                    assertThat(result.total().agree()).isGreaterThan(300);
                }));
    }

    @Test
    void everyValueOfACaptureSurvivesItsFiles() throws CaptureException {
        Capture capture = ofWorkload(ModelKind.VTD_LEGACY, 80, 3);

        Capture read = throughFiles(capture, directory.resolve(capture.name()));

        assertThat(read.registers()).isEqualTo(capture.registers());
        assertThat(read.translations()).isEqualTo(capture.translations());
        assertThat(read.probes()).isEqualTo(capture.probes());
        assertThat(read.unmapped()).isEqualTo(capture.unmapped());
        assertThat(read.faults()).isEqualTo(capture.faults());
        assertThat(words(read.image())).isEqualTo(words(capture.image()));
    }

    private static List<Long> words(MemoryImage image) {
        List<Long> words = new ArrayList<>();
        for (MemoryImage.Page page : image.pages()) {
            words.add(page.address());
            for (int at = 0; at < MemoryImage.PAGE_SIZE; at += Long.BYTES) {
                words.add(image.word(page, at));
            }
        }
        return words;
    }

    @ParameterizedTest
    @EnumSource(ModelKind.class)
    void anInspectionOfTheCaptureListsTheDevices(ModelKind kind) throws CaptureException {
        assertThat(Inspector.inspect(ofWorkload(kind, 60, 5))).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void theSameSeedMakesTheSameCapture() throws CaptureException {
        Capture one = ofWorkload(ModelKind.VTD_SECOND_STAGE, 60, 9);
        Capture other = ofWorkload(ModelKind.VTD_SECOND_STAGE, 60, 9);

        assertThat(other.translations()).isEqualTo(one.translations());
        assertThat(words(other.image())).isEqualTo(words(one.image()));
    }

    @Test
    void accessesWithPasidsHaveNoPlaceInACapture() throws CaptureException {
        WorkloadMachine machine = WorkloadMachine.of(ModelKind.VTD_FIRST_STAGE);

        Capture capture = Recording.of(
                machine.model(), List.of(DmaRequest.of(8, 0x1000, Access.READ).withSubstream(3)));

        assertThat(capture.probes()).isEmpty();
    }

    @Test
    void aDirectoryThatHoldsSomethingIsLeftAsItIs() throws Exception {
        Path file = Files.writeString(directory.resolve("mine.txt"), "mine");

        assertThatThrownBy(() -> CaptureWriter.write(ofWorkload(ModelKind.VTD_LEGACY, 5, 1), directory))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("is not empty");
        assertThatThrownBy(() -> CaptureWriter.write(ofWorkload(ModelKind.VTD_LEGACY, 5, 1), file))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("is not a directory");

        assertThat(file).hasContent("mine");
        assertThat(directory).isDirectoryContaining(path -> path.equals(file));
    }
}
