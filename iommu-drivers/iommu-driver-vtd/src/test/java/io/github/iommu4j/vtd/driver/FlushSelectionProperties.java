package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.vtd.driver.FlushSelection.Changed;
import io.github.iommu4j.vtd.driver.FlushSelection.Choice;
import io.github.iommu4j.vtd.driver.FlushSelection.Pages;
import io.github.iommu4j.vtd.driver.FlushSelection.Scope;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** The choice of an invalidation against the definition: the smallest aligned power of two that holds the range. */
class FlushSelectionProperties {

    private static final FlushSelection PLAIN = FlushSelection.of(Pages.SELECTIVE, 20, Set.of());

    private static int naiveOrder(long page, long count) {
        int order = 0;
        while (order < 52 && page >>> order != page + count - 1 >>> order) {
            order++;
        }
        return order;
    }

    @Property(tries = 1000)
    void theOrderIsThatOfTheSmallestAlignedRangeThatHoldsAll(
            @ForAll @LongRange(min = 0, max = 1L << 44) long page,
            @ForAll @LongRange(min = 1, max = 1L << 30) long count) {
        Choice first = PLAIN.firstStage(page << 12, count, Changed.LEAVES);
        assertThat(first.order()).isEqualTo(naiveOrder(page, count));
        assertThat(first.scope()).isEqualTo(Scope.PAGES);
        assertThat(first.first()).isLessThanOrEqualTo(page << 12);
        assertThat(first.first() + (1L << first.order() + 12)).isGreaterThanOrEqualTo(page + count << 12);
        Choice second = PLAIN.secondStage(page << 12, count, Changed.LEAVES);
        assertThat(second.order()).isEqualTo(first.order());
        assertThat(second.scope()).isEqualTo(second.order() <= 20 ? Scope.PAGES : Scope.DOMAIN);
    }

    @Property
    void withoutPageSelectionOrBeyondItsMaximumTheDomainGoes(@ForAll @IntRange(min = 0, max = 30) int order) {
        FlushSelection whole = FlushSelection.of(Pages.WHOLE_DOMAIN, 63, Set.of());
        assertThat(whole.secondStage(0, 1L << order, Changed.TABLES).scope()).isEqualTo(Scope.DOMAIN);
        FlushSelection small = FlushSelection.of(Pages.SELECTIVE, 9, Set.of());
        assertThat(small.secondStage(0, 1L << order, Changed.TABLES).scope())
                .isEqualTo(order <= 9 ? Scope.PAGES : Scope.DOMAIN);
    }

    @Example
    void everythingThereIsHasOrder52AndBeginsAt0() {
        Choice all = PLAIN.firstStage(0x1000, -1L >>> 13, Changed.TABLES);
        assertThat(all.order()).isEqualTo(51);
        Choice more = PLAIN.firstStage(1L << 62, 1L << 51, Changed.TABLES);
        assertThat(more.order()).isEqualTo(52);
        assertThat(more.first()).isZero();
    }

    @Example
    void theFactsExamplesHold() {
        assertThat(PLAIN.secondStage(0x9_B000, 2, Changed.LEAVES).order()).isEqualTo(3);
        assertThat(PLAIN.secondStage(0x4012_C000L, 600, Changed.LEAVES).order()).isEqualTo(10);
        assertThat(PLAIN.secondStage(0x38_C1E0_0000L, 1536, Changed.LEAVES).order())
                .isEqualTo(14);
        assertThat(PLAIN.secondStage(0x20_0000, 5, Changed.LEAVES).order()).isEqualTo(3);
    }

    @Example
    void anUnalignedFirstStageRangeLosesItsTailOnlyAsItWas() {
        Choice mended = PLAIN.firstStage(0x3F_F000, 2, Changed.LEAVES);
        assertThat(mended.first()).isZero();
        FlushSelection asItWas = FlushSelection.of(Pages.SELECTIVE, 20, Set.of(VtdErratum.FIRST_STAGE_TAIL_LOST));
        Choice lost = asItWas.firstStage(0x3F_F000, 2, Changed.LEAVES);
        assertThat(lost.order()).isEqualTo(1);
        assertThat(lost.first()).isEqualTo(0x3F_E000);
        assertThat(asItWas.secondStage(0x3F_F000, 2, Changed.LEAVES))
                .isEqualTo(PLAIN.secondStage(0x3F_F000, 2, Changed.LEAVES));
        assertThat(asItWas.firstStage(0x40_0000, 8, Changed.LEAVES))
                .isEqualTo(PLAIN.firstStage(0x40_0000, 8, Changed.LEAVES));
    }

    @Example
    void sixteenTebibytesAreNoPagesOnlyAsItWas() {
        assertThat(PLAIN.secondStage(0, 1L << 32, Changed.LEAVES).order()).isEqualTo(32);
        FlushSelection asItWas = FlushSelection.of(Pages.SELECTIVE, 20, Set.of(VtdErratum.PAGES_COUNTED_IN_32_BITS));
        assertThatThrownBy(() -> asItWas.secondStage(0, 1L << 32, Changed.LEAVES))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("counted as 0");
        assertThatThrownBy(() -> PLAIN.secondStage(0, 0, Changed.LEAVES)).isInstanceOf(AssertionError.class);
    }
}
