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
import io.github.iommu4j.lab.replay.CapturedMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
                .contains(new MappedRange(0x10000, 0x1000, streams.get(0x38).ranges().get(0).pa(), 5));
    }

    @TestFactory
    Stream<DynamicTest> rangesAreThoseOfTheIndependentWalker() {
        return CaptureFiles.corpus("smmu-").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> compareRanges(path)));
    }

    @TestFactory
    Stream<DynamicTest> theLastReadOfAnExplanationIsTheLeafOfTheIndependentWalker() {
        return CaptureFiles.corpus("smmu-").stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> explainSample(path)));
    }

    private static void compareRanges(Path path) throws IOException, CaptureException {
        Map<Integer, Mappable> expected = new HashMap<>();
        for (CaptureFiles.Leaf leaf : CaptureFiles.leaves(path)) {
            expected.computeIfAbsent(leaf.streamId(), stream -> new Mappable()).add(leaf);
        }
        for (StreamView stream :
                Inspector.inspect(CaptureReader.readMachine(CaptureSource.directory(path)))) {
            assertThat(stream.truncated()).isFalse();
            if (stream.kind() == StreamView.Kind.NESTED) {
                continue;
            }
            Mappable leaves = expected.getOrDefault(stream.streamId(), new Mappable());
            assertThat(stream.ranges())
                    .as("stream 0x%x", stream.streamId())
                    .extracting(Range::of)
                    .containsExactlyElementsOf(leaves.joined());
            expected.remove(stream.streamId());
        }
        assertThat(expected).isEmpty();
    }

    /** A range without execute permission, which the independent walker does not tell. */
    private record Range(long iova, long size, long pa, int permissions) {
        static Range of(MappedRange range) {
            return new Range(range.iova(), range.size(), range.pa(), range.permissions() & 3);
        }
    }

    /** Joins leaves by brute force. */
    private static final class Mappable {
        private final Map<Long, Range> byIova = new java.util.TreeMap<>(Long::compareUnsigned);

        void add(CaptureFiles.Leaf leaf) {
            byIova.put(leaf.iova(), new Range(leaf.iova(), leaf.size(), leaf.pa(), leaf.permissions()));
        }

        List<Range> joined() {
            List<Range> joined = new java.util.ArrayList<>();
            for (Range range : byIova.values()) {
                Range last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
                if (last != null
                        && last.iova + last.size == range.iova
                        && last.pa + last.size == range.pa
                        && last.permissions == range.permissions) {
                    joined.set(
                            joined.size() - 1,
                            new Range(last.iova, last.size + range.size, last.pa, last.permissions));
                } else {
                    joined.add(range);
                }
            }
            return joined;
        }
    }

    private static void explainSample(Path path) throws IOException, CaptureException {
        Capture capture = CaptureReader.readMachine(CaptureSource.directory(path));
        CapturedMachine machine = CapturedMachine.restore(capture);
        List<CaptureFiles.Leaf> leaves = new java.util.ArrayList<>(CaptureFiles.leaves(path));
        Collections.shuffle(leaves, new Random(7));
        for (CaptureFiles.Leaf leaf : leaves.subList(0, Math.min(SAMPLE, leaves.size()))) {
            Access access = (leaf.permissions() & 1) != 0 ? Access.READ : Access.WRITE;
            Explanation explanation = machine.explain(DmaRequest.of(leaf.streamId(), leaf.iova(), access));
            List<Explanation.Fetch> fetches = explanation.fetches();
            Explanation.Fetch last = fetches.get(fetches.size() - 1);
            assertThat(last.raw()).as("%s", explanation.toText()).containsExactly(leaf.descriptor());
            assertThat(last.role()).endsWith(" L" + leaf.level());
            assertThat(machine.memory().load64(last.address())).isEqualTo(leaf.descriptor());
        }
    }
}
