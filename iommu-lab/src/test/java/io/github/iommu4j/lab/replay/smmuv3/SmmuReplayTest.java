package io.github.iommu4j.lab.replay.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureFiles;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.verdict.Difference;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.lab.verdict.Tally;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class SmmuReplayTest {

    @TempDir
    private Path temporary;

    @Test
    void theShippedCaptureAgreesInEveryLine() throws CaptureException {
        ReplayResult result = SmmuReplay.run(CaptureReader.read(CaptureSource.shipped()));
        assertThat(result.differences()).isEmpty();
        assertThat(result.agrees()).isTrue();
        assertThat(result.translations()).isEqualTo(new Tally(135, 135, Map.of()));
        assertThat(result.probes()).isEqualTo(new Tally(431, 350, Map.of("the reference logged nothing", 81)));
        assertThat(result.unmapped()).isEqualTo(new Tally(195, 195, Map.of()));
        assertThat(result.events()).isEqualTo(new Tally(264, 264, Map.of()));
        assertThat(result.total().rows()).isEqualTo(1025);
        assertThat(result.total().agree()).isEqualTo(944);
        assertThat(result.deviations())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        ReferenceDeviation.IPA_KEEPS_PAGE_OFFSET, 388,
                        ReferenceDeviation.INPUT_SIZE_NOT_CHECKED, 40,
                        ReferenceDeviation.PERMISSION_NOT_CHECKED_ON_HIT, 4));
    }

    @TestFactory
    Stream<DynamicTest> everyCaptureOfTheCorpusAgrees() {
        return CaptureFiles.corpus("smmu-").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    Capture capture = CaptureReader.read(CaptureSource.directory(path));
                    ReplayResult result = SmmuReplay.run(capture);
                    assertThat(result.differences()).isEmpty();
                    Tally total = result.total();
                    assertThat(total.rows()).isEqualTo(total.agree() + total.skippedRows());
                    assertThat(total.skipped().keySet()).isSubsetOf("the reference logged nothing");
                    assertThat(result.deviations()).doesNotContainKey(ReferenceDeviation.OTHER_VERDICT);
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyCaptureOfLinuxAgreesWithATlbToo() {
        return CaptureFiles.corpus("smmu-0").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    Capture capture = CaptureReader.read(CaptureSource.directory(path));
                    SmmuMachine machine = SmmuMachine.restore(capture, CacheGeometry.DEFAULT);
                    assertThat(SmmuReplay.run(capture, machine).differences()).isEmpty();
                    assertThat(SmmuReplay.run(capture, machine).differences()).isEmpty();
                }));
    }

    @Test
    void aFlippedValidBitInATableIsADifference() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.Leaf leaf = leafOfAnAgreeingProbe(capture);
        flip(capture, leaf.descriptor(), 1);
        ReplayResult result = replay(capture);
        assertThat(result.agrees()).isFalse();
        assertThat(result.differences())
                .anyMatch(each -> each.what().equals("verdict") && each.actual().equals("FAULT:F_TRANSLATION"));
    }

    @Test
    void aFlippedAddressBitInATableIsADifference() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        flip(capture, leafOfAnAgreeingProbe(capture).descriptor(), 1L << 13);
        ReplayResult result = replay(capture);
        assertThat(result.differences()).anyMatch(each -> each.what().equals("address"));
    }

    @Test
    void aChangedBitInAnEventRecordIsADifference() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.edit(
                capture.resolve("events.csv"),
                text -> text.replaceFirst("13000000210000000000000088020000", "13000000210000000000000089020000"));
        ReplayResult result = replay(capture);
        assertThat(result.differences()).singleElement().satisfies(each -> {
            assertThat(each.file()).isEqualTo("events.csv");
            assertThat(each.line()).isEqualTo(2);
            assertThat(each.what()).isEqualTo("event record");
        });
    }

    @Test
    void columnsThatContradictTheRawRecordAreADifference() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.setCell(capture.resolve("events.csv"), 5, "rnw", "R");
        assertThat(replay(capture).differences())
                .singleElement()
                .satisfies(each -> assertThat(each.what()).isEqualTo("the line's own columns"));
    }

    @Test
    void aChangedExpectationIsADifference() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.setCell(capture.resolve("probe.csv"), 3, "qemu_pa", "0x446250d0");
        CaptureFiles.setCell(capture.resolve("walker_unmapped.csv"), 2, "fault", "F_TRANSLATION");
        CaptureFiles.setCell(capture.resolve("qemu_translations.csv"), 2, "walker_size", "0x2000");
        assertThat(replay(capture).differences())
                .extracting(Difference::file)
                .containsExactly("qemu_translations.csv", "probe.csv", "walker_unmapped.csv");
    }

    @Test
    void aDeviationMustStillBeTheSpecificationsAnswer() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.edit(
                capture.resolve("probe.csv"),
                text -> text.replaceFirst("FAULT:F_PERMISSION,,,3,0,", "FAULT:F_ACCESS,,,3,0,"));
        assertThat(replay(capture).differences())
                .singleElement()
                .satisfies(each -> assertThat(each.what()).isEqualTo("verdict by the specification"));
    }

    @Test
    void anEventWithoutAProbeWhoseAddressIsMappedNowPredatesTheImage() throws CaptureException {
        Capture shipped = CaptureReader.read(CaptureSource.shipped());
        ProbeRow mapped = shipped.probes().get(1);
        EventRow event = eventAt(mapped.streamId(), mapped.iova() + 0x100);
        ReplayResult result = SmmuReplay.run(withEvent(shipped, event));
        assertThat(result.events().skipped()).containsExactly(Map.entry("the event predates the image", 1));
        assertThat(result.agrees()).isTrue();
    }

    @Test
    void anEventOfAProbeThatTheReferenceTranslatedIsADifference() throws CaptureException {
        Capture shipped = CaptureReader.read(CaptureSource.shipped());
        ProbeRow mapped = shipped.probes().get(1);
        ReplayResult result = SmmuReplay.run(withEvent(shipped, eventAt(mapped.streamId(), mapped.iova())));
        assertThat(result.differences())
                .singleElement()
                .satisfies(each -> assertThat(each.file()).isEqualTo("events.csv"));
    }

    @Test
    void aFullEventQueueOfTheReferenceDoesNotSwallowOurRecords() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.edit(
                capture.resolve("regs.csv"),
                text -> text.replace("EVENTQ_PROD,0x100a8,4,0x108", "EVENTQ_PROD,0x100a8,4,0x80008108")
                        .replace("EVENTQ_CONS,0x100ac,4,0x108", "EVENTQ_CONS,0x100ac,4,0x108"));
        assertThat(replay(capture).differences()).isEmpty();
    }

    @Test
    void registersOfAPartThatCannotBeModelledAreRefused() throws IOException {
        Path capture = CaptureFiles.copyShipped(temporary);
        CaptureFiles.setCell(capture.resolve("regs.csv"), 2, "value", "0x0");
        assertThatExceptionOfType(CaptureException.class)
                .isThrownBy(() -> replay(capture))
                .withMessageStartingWith("regs.csv: ");
    }

    private static ReplayResult replay(Path capture) throws CaptureException {
        return SmmuReplay.run(CaptureReader.read(CaptureSource.directory(capture)));
    }

    private static CaptureFiles.Leaf leafOfAnAgreeingProbe(Path capture) throws IOException, CaptureException {
        List<ProbeRow> probes =
                CaptureReader.read(CaptureSource.directory(capture)).probes();
        return CaptureFiles.leaves(capture).stream()
                .filter(leaf -> probes.stream()
                        .anyMatch(probe -> probe.verdict() == ProbeRow.Verdict.OK
                                && probe.agreement() == ProbeRow.Agreement.YES
                                && probe.streamId() == leaf.streamId()
                                && Long.compareUnsigned(probe.iova() - leaf.iova(), leaf.size()) < 0))
                .findFirst()
                .orElseThrow();
    }

    /** Flips bits in every descriptor of the image that has a value. */
    private static void flip(Path capture, long descriptor, long bits) throws IOException {
        byte[] content = CaptureFiles.gunzip(capture.resolve("pages.bin.gz"));
        java.nio.ByteBuffer words = java.nio.ByteBuffer.wrap(content).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < content.length; i += Long.BYTES) {
            if (words.getLong(i) == descriptor) {
                words.putLong(i, descriptor ^ bits);
            }
        }
        CaptureFiles.gzip(capture.resolve("pages.bin.gz"), content);
    }

    /** F_TRANSLATION of a read at stage 2. */
    private static EventRow eventAt(int streamId, long iova) {
        List<Long> words = List.of((long) streamId << 32 | 0x10, 0x288_0000_0000L, iova, iova);
        return new EventRow(1, "F_TRANSLATION", words, words);
    }

    private static Capture withEvent(Capture capture, EventRow event) {
        return new Capture(
                capture.name(),
                capture.family(),
                capture.registers(),
                capture.image(),
                List.of(),
                capture.probes(),
                List.of(),
                List.of(event),
                List.of());
    }
}
