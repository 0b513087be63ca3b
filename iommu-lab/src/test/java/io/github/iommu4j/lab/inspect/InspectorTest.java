package io.github.iommu4j.lab.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureFiles;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.capture.TranslationRow;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.replay.Replay;
import io.github.iommu4j.lab.view.MappedRange;
import io.github.iommu4j.lab.view.StreamView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class InspectorTest {

    private static final int SAMPLE = 20;

    @Test
    void streamsOfTheShippedCaptureAreListed() throws CaptureException {
        List<StreamView> streams = Inspector.inspect(CaptureReader.readMachine(CaptureSource.shipped()));
        assertThat(streams).hasSize(256);
        assertThat(streams).extracting(StreamView::streamId).isSorted().doesNotHaveDuplicates();
        assertThat(streams)
                .filteredOn(stream -> stream.kind() == StreamView.Kind.STAGE_2)
                .extracting(StreamView::streamId)
                .containsExactly(0x20, 0x21, 0x28, 0x29, 0x38, 0x40, 0x48, 0x49);
        assertThat(streams.get(0x38).ranges())
                .contains(new MappedRange(
                        0x10000, 0x1000, streams.get(0x38).ranges().get(0).pa(), 5));
    }

    private static Stream<Path> captures() {
        return Stream.of("smmu-", "vtd-").flatMap(family -> CaptureFiles.corpus(family).stream());
    }

    @TestFactory
    Stream<DynamicTest> rangesAreThoseOfTheIndependentWalker() {
        return captures()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> compareRanges(path)));
    }

    @TestFactory
    Stream<DynamicTest> everyTranslationOfTheReferenceLiesInARange() {
        return captures()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> findTranslations(path)));
    }

    @TestFactory
    Stream<DynamicTest> theLastReadOfAnExplanationIsTheLeafOfTheIndependentWalker() {
        return captures()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> explainSample(path)));
    }

    private static void compareRanges(Path path) throws IOException, CaptureException {
        Map<Integer, List<CaptureFiles.Leaf>> expected = new HashMap<>();
        for (CaptureFiles.Leaf leaf : CaptureFiles.leaves(path)) {
            expected.computeIfAbsent(leaf.streamId(), stream -> new ArrayList<>())
                    .add(leaf);
        }
        boolean listsEveryStream = !String.valueOf(path.getFileName()).contains("-syn-");
        for (StreamView stream : Inspector.inspect(CaptureReader.readMachine(CaptureSource.directory(path)))) {
            assertThat(stream.truncated()).isFalse();
            List<CaptureFiles.Leaf> leaves = expected.remove(stream.streamId());
            if (usesRidPasidWithoutRps(stream)) {
                continue;
            }
            if (leaves != null || listsEveryStream) {
                assertThat(joined(Range.ofAll(stream.ranges())))
                        .as("stream 0x%x", stream.streamId())
                        .isEqualTo(joined(leaves == null ? List.of() : Range.ofAll(leaves, stream)));
            }
        }
        assertThat(expected).isEmpty();
    }

    /** The reference and the independent walker use RID_PASID; the model, whose ECAP.RPS is 0, looks up PASID 0. */
    private static boolean usesRidPasidWithoutRps(StreamView stream) {
        return stream.problem().startsWith("SPD")
                && !stream.settings().getOrDefault("RID_PASID", "0x0").equals("0x0");
    }

    /** The reference and the independent walker ignore XD, which is reserved with NXE=0 (Intel VT-d §9.7). */
    private static boolean isXdReserved(long descriptor, StreamView stream) {
        return descriptor < 0 && "0x0".equals(stream.settings().get("NXE"));
    }

    private static void findTranslations(Path path) throws IOException, CaptureException {
        Map<String, Long> descriptors = new HashMap<>();
        for (CaptureFiles.Leaf leaf : CaptureFiles.leaves(path)) {
            descriptors.put(leaf.streamId() + "/" + leaf.iova(), leaf.descriptor());
        }
        Capture capture = CaptureReader.read(CaptureSource.directory(path));
        Map<Integer, StreamView> streams = new HashMap<>();
        Inspector.inspect(capture).forEach(stream -> streams.put(stream.streamId(), stream));
        for (TranslationRow row : capture.translations()) {
            StreamView stream = Objects.requireNonNull(streams.get(row.streamId()));
            long descriptor = descriptors.getOrDefault(row.streamId() + "/" + row.iova(), 0L);
            if (usesRidPasidWithoutRps(stream) || isXdReserved(descriptor, stream)) {
                continue;
            }
            if (row.bypass()) {
                assertThat(stream.kind()).isEqualTo(StreamView.Kind.BYPASS);
                continue;
            }
            assertThat(stream.ranges())
                    .as("stream 0x%x 0x%x", row.streamId(), row.iova())
                    .anyMatch(range -> Long.compareUnsigned(row.iova() - range.iova(), range.size()) < 0
                            && range.pa() + (row.iova() - range.iova()) == row.pa()
                            && (range.permissions() & 3) == row.walkerPermissions());
        }
    }

    /** A range without execute permission, which the independent walker does not tell. */
    private record Range(long iova, long size, long pa, int permissions) {

        static List<Range> ofAll(List<MappedRange> ranges) {
            return ranges.stream()
                    .filter(range -> (range.permissions() & 3) != 0)
                    .map(range -> new Range(range.iova(), range.size(), range.pa(), range.permissions() & 3))
                    .toList();
        }

        static List<Range> ofAll(List<CaptureFiles.Leaf> leaves, StreamView stream) {
            return leaves.stream()
                    .filter(leaf -> !isXdReserved(leaf.descriptor(), stream))
                    .map(leaf -> new Range(leaf.iova(), leaf.size(), leaf.pa(), leaf.permissions()))
                    .toList();
        }

        boolean continues(Range last) {
            return last.iova + last.size == iova && last.pa + last.size == pa && last.permissions == permissions;
        }
    }

    /** Sorts and joins by brute force. */
    private static List<Range> joined(List<Range> ranges) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort((a, b) -> Long.compareUnsigned(a.iova, b.iova));
        List<Range> joined = new ArrayList<>();
        for (Range range : sorted) {
            int end = joined.size() - 1;
            if (end >= 0 && range.continues(joined.get(end))) {
                Range last = joined.remove(end);
                joined.add(new Range(last.iova, last.size + range.size, last.pa, last.permissions));
            } else {
                joined.add(range);
            }
        }
        return joined;
    }

    private static void explainSample(Path path) throws IOException, CaptureException {
        Capture capture = CaptureReader.readMachine(CaptureSource.directory(path));
        CapturedMachine machine = Replay.machine(capture, CapturedMachine.Caching.OFF);
        List<CaptureFiles.Leaf> leaves = new ArrayList<>(CaptureFiles.leaves(path));
        Collections.shuffle(leaves, new Random(7));
        for (CaptureFiles.Leaf leaf : leaves.subList(0, Math.min(SAMPLE, leaves.size()))) {
            Access access = (leaf.permissions() & 1) != 0 ? Access.READ : Access.WRITE;
            Explanation explanation = machine.explain(DmaRequest.of(leaf.streamId(), leaf.iova(), access));
            List<Explanation.Fetch> fetches = explanation.fetches();
            Explanation.Fetch last = fetches.get(fetches.size() - 1);
            if (last.role().equals("PDIR")) {
                // RID_PASID without RPS, as above.
                continue;
            }
            assertThat(last.raw()).as("%s", explanation.toText()).containsExactly(leaf.descriptor());
            assertThat(last.role()).endsWith(" L" + leaf.level());
            assertThat(machine.memory().load64(last.address())).isEqualTo(leaf.descriptor());
        }
    }
}
