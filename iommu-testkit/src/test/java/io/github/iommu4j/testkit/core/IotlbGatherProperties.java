package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IotlbGather;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The gather against a set of pages. */
final class IotlbGatherProperties {

    private static final long PAGE = 0x1000;

    /** Every page added is invalidated once: by the sync a page forced, or by the range left at the end. */
    @Property(tries = 1000)
    void R96_whatIsAddedIsInvalidatedAndOneRangeHasOnePageSizeAndNoHole(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 0, max = 0x3F) Integer> pages) {
        IotlbGather gather = new IotlbGather();
        BitSet pending = new BitSet();
        BitSet invalidated = new BitSet();
        BitSet all = new BitSet();
        long[] size = {0};
        for (int seed : pages) {
            long bytes = (seed & 1) == 0 ? PAGE : 2 * PAGE;
            int first = seed & ~1;
            boolean disjoint =
                    !pending.isEmpty() && (first + bytes / PAGE < pending.nextSetBit(0) || first > pending.length());
            boolean mustSync = size[0] != 0 && size[0] != bytes || disjoint;
            boolean[] synced = {false};
            gather.addPage(first * PAGE, bytes, () -> {
                synced[0] = true;
                assertThat(gather.start()).isEqualTo(pending.nextSetBit(0) * PAGE);
                assertThat(gather.last()).isEqualTo(pending.length() * PAGE - 1);
                invalidated.or(pending);
                pending.clear();
                gather.reset();
            });
            assertThat(synced[0]).isEqualTo(mustSync);
            pending.set(first, first + (int) (bytes / PAGE));
            all.or(pending);
            size[0] = bytes;
            assertThat(gather.pageSize()).isEqualTo(bytes);
            assertThat(pending.cardinality()).isEqualTo(pending.length() - pending.nextSetBit(0));
        }
        invalidated.or(pending);
        assertThat(invalidated).isEqualTo(all);
    }

    @Example
    void R96_aNewGatherIsEmptyAndAResetOneAsGoodAsNew() {
        for (IotlbGather gather : new IotlbGather[] {new IotlbGather(), IotlbGather.queued()}) {
            assertThat(gather.isEmpty()).isTrue();
            gather.addRange(0x5000, 0x2000);
            gather.addRange(0x1000, 0x1000);
            gather.addFreedTable(0x9000);
            assertThat(gather.start()).isEqualTo(0x1000);
            assertThat(gather.last()).isEqualTo(0x6FFF);
            assertThat(gather.freedTables()).containsExactly(0x9000L);
            gather.reset();
            assertThat(gather.isEmpty()).isTrue();
            assertThat(gather.isQueued()).isFalse();
            assertThat(gather.start()).isEqualTo(-1);
            assertThat(gather.last()).isZero();
            assertThat(gather.freedTables()).isEmpty();
        }
    }
}
