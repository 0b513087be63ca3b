package io.github.iommu4j.core.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.core.dmabuf.ScatterList.DmaRange;
import io.github.iommu4j.core.dmabuf.ScatterList.Segment;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class ScatterListTest {

    private static final ScatterList LIST =
            ScatterList.of(List.of(new Segment(0x1000, 0x10, 0x20), Segment.of(0x8000, 0x1000)));

    @Test
    void aSegmentBeginsAtItsOffsetInThePage() {
        assertThat(LIST.segments()).extracting(Segment::pa).containsExactly(0x1010L, 0x8000L);
        assertThat(LIST.size()).isEqualTo(0x1020);
        assertThat(LIST.isMapped()).isFalse();
        assertThat(LIST).hasToString("[[0x1000+0x10, 0x20 bytes], [0x8000, 0x1000 bytes]]");
    }

    @Test
    void aDeviceMaySeeItInFewerPieces() {
        ScatterList mapped = LIST.mappedAt(List.of(new DmaRange(0x4000_0000L, 0x1020)));
        assertThat(mapped.isMapped()).isTrue();
        assertThat(mapped.segments()).isEqualTo(LIST.segments());
        assertThat(mapped).asString().endsWith(" at [[0x40000000, 0x1020 bytes]]");
        assertThatThrownBy(() -> LIST.mappedAt(List.of(new DmaRange(0, 0x1000))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0x1000")
                .hasMessageContaining("0x1020");
    }

    @Test
    void whatIsEmptyIsNoList() {
        assertThatThrownBy(() -> ScatterList.of(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Segment.of(0x1000, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Segment(0x1000, -1, 8)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DmaRange(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 200)
    void everyByteIsWhereTheListLaidOutOneByOneHasIt(
            @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 40) Integer> lengths,
            @ForAll @IntRange(max = 30) int start) {
        List<Segment> segments = new ArrayList<>();
        List<Long> bytes = new ArrayList<>();
        for (int i = 0; i < lengths.size(); i++) {
            Segment segment = new Segment(0x1_0000L * (lengths.size() - i), i, lengths.get(i));
            segments.add(segment);
            for (long at = 0; at < segment.length(); at++) {
                bytes.add(segment.pa() + at);
            }
        }
        ScatterList list = ScatterList.of(segments);
        for (int at = 0; at < bytes.size(); at++) {
            assertThat(list.paAt(at)).isEqualTo(bytes.get(at));
        }
        assertThatThrownBy(() -> list.paAt(bytes.size())).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> list.paAt(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        if (start < bytes.size()) {
            CpuMapping rest = new CpuMapping(list, start, bytes.size() - start);
            for (int at = 0; at < rest.size(); at++) {
                assertThat(rest.pa(at)).isEqualTo(bytes.get(start + at));
            }
            assertThatThrownBy(() -> rest.pa(rest.size())).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void aMappingStaysInItsMemory() {
        assertThatThrownBy(() -> new CpuMapping(LIST, 0, 0x1021)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CpuMapping(LIST, -1, 8)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CpuMapping(LIST, 0, -8)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CpuMapping(LIST, 0x1020, Long.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class);
        CpuMapping none = new CpuMapping(LIST, 0x1020, 0);
        assertThatThrownBy(() -> none.pa(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> none.pa(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
