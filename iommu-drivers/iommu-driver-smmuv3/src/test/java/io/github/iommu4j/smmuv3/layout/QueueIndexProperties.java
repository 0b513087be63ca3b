package io.github.iommu4j.smmuv3.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class QueueIndexProperties {

    @Example
    void fullAndEmptyDifferInTheWrapFlagOnly() {
        QueueIndex index = new QueueIndex(7);
        assertThat(index.isFull(0x80, 0)).isTrue();
        assertThat(index.used(0x80, 0)).isEqualTo(128);
        assertThat(index.isEmpty(0x80, 0x80)).isTrue();
        assertThat(index.used(0x85, 0x7E)).isEqualTo(7);
        assertThat(index.next(0xFF)).isZero();
    }

    @Example
    void oneEntryNeedsOnlyAWrapFlag() {
        QueueIndex index = new QueueIndex(0);
        assertThat(index.capacity()).isEqualTo(1);
        assertThat(index.next(0)).isEqualTo(1);
        assertThat(index.isFull(1, 0)).isTrue();
        assertThat(index.isEmpty(1, 1)).isTrue();
        assertThat(index.next(1)).isZero();
        assertThat(index.index(1)).isZero();
    }

    @Example
    void aQueueHasAtMost2To19Entries() {
        assertThat(new QueueIndex(19).capacity()).isEqualTo(1 << 19);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new QueueIndex(20))
                .withMessageContaining("2^20");
        assertThatIllegalArgumentException().isThrownBy(() -> new QueueIndex(-1));
    }

    @Property
    void countingAgreesWithTheSpecificationsTwoRules(
            @ForAll @IntRange(max = 6) int sizeLg2, @ForAll int prod, @ForAll int cons) {
        QueueIndex index = new QueueIndex(sizeLg2);
        int size = 1 << sizeLg2;
        int prodIndex = Math.floorMod(prod, size);
        int consIndex = Math.floorMod(cons, size);
        boolean sameWrap = (prod >> sizeLg2 & 1) == (cons >> sizeLg2 & 1);
        assertThat(index.isEmpty(prod, cons)).isEqualTo(prodIndex == consIndex && sameWrap);
        assertThat(index.isFull(prod, cons)).isEqualTo(prodIndex == consIndex && !sameWrap);
        assertThat(index.isConsistent(prod, cons))
                .isEqualTo(sameWrap ? prodIndex >= consIndex : prodIndex <= consIndex);
    }

    @Property
    void aQueueOfAnySizeHoldsWhatAListHolds(@ForAll @IntRange(max = 5) int sizeLg2, @ForAll boolean[] operations) {
        QueueIndex index = new QueueIndex(sizeLg2);
        int prod = 0;
        int cons = 0;
        int held = 0;
        for (boolean produce : operations) {
            if (produce && held < index.capacity()) {
                prod = index.next(prod);
                held++;
            } else if (!produce && held > 0) {
                cons = index.next(cons);
                held--;
            }
            assertThat(index.used(prod, cons)).isEqualTo(held);
            assertThat(index.isFull(prod, cons)).isEqualTo(held == index.capacity());
        }
    }
}
