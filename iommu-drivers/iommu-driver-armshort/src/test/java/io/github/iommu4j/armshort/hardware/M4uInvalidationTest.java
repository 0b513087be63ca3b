package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.InvalidationAddress;
import io.github.iommu4j.armshort.layout.M4uRegister;
import org.junit.jupiter.api.Test;

/** TLB maintenance of the M4U and its timing. */
class M4uInvalidationTest {

    private static final long IOVA = 0x1234_5000L;
    private static final int PAGE = 0x4000_1C42;
    private static final int OTHER = 0x5000_1C42;

    private final M4uBench bench = new M4uBench();

    private void cacheThenChange() {
        bench.level2(IOVA, PAGE);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        bench.level2(IOVA, OTHER);
    }

    @Test
    void onlyInvalidationTakesATranslationAway() {
        cacheThenChange();
        bench.set(M4uRegister.PT_BASE_ADDR, 0).set(M4uRegister.CTRL_REG, 0);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        assertThat(bench.pa(IOVA + 0xFFF)).isEqualTo(0x4000_1FFFL);
    }

    @Test
    void R281_aFullInvalidationActsAtOnceAndDoesNotSetDone() {
        cacheThenChange();
        bench.flushAll();
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isZero();
        assertThat(bench.get(M4uRegister.INVALIDATE)).isZero();
    }

    @Test
    void R282_aRangeActsWhenDoneReadsOne() {
        cacheThenChange();
        bench.startRange((int) IOVA, (int) IOVA + 0xFFF);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
    }

    @Test
    void R282_aRangeActsWhenTheUnitIsSteppedToo() {
        cacheThenChange();
        bench.startRange((int) IOVA, (int) IOVA + 0xFFF);
        assertThat(bench.m4u.step()).isTrue();
        assertThat(bench.m4u.step()).isFalse();
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
    }

    @Test
    void R282_aUnitThatIsOnlySteppedLetsAPollWait() {
        M4uBench slow = new M4uBench(builder -> builder.rangeCompletion(RangeCompletion.ON_STEP));
        slow.startRange(0, 0xFFF);
        for (int poll = 0; poll < 100; poll++) {
            assertThat(slow.get(M4uRegister.CPE_DONE)).isZero();
        }
        slow.m4u.step();
        assertThat(slow.get(M4uRegister.CPE_DONE)).isEqualTo(1);
    }

    @Test
    void R283_doneStaysUntilSoftwareWritesZeroAndAStaleDoneEndsTheNextPollEarly() {
        cacheThenChange();
        bench.startRange(0, 0xFFF);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        bench.startRange((int) IOVA, (int) IOVA + 0xFFF);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        bench.set(M4uRegister.CPE_DONE, 1);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        bench.set(M4uRegister.CPE_DONE, 0);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
        bench.set(M4uRegister.CPE_DONE, 0);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isZero();
    }

    @Test
    void onePollFinishesOneOfSeveralRanges() {
        cacheThenChange();
        bench.startRange(0, 0xFFF).startRange((int) IOVA, (int) IOVA + 0xFFF);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
    }

    @Test
    void aFullInvalidationOvertakesRangesUnderWay() {
        bench.startRange(0, 0xFFF).flushAll();
        assertThat(bench.get(M4uRegister.CPE_DONE)).isZero();
        assertThat(bench.m4u.step()).isFalse();
    }

    @Test
    void allAndRangeTogetherAreBoth() {
        cacheThenChange();
        bench.set(M4uRegister.INV_SEL_GEN1, 3).set(M4uRegister.INVALIDATE, 3);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
    }

    @Test
    void moreRangesThanTheUnitHoldsFinishTheOldest() {
        cacheThenChange();
        bench.startRange((int) IOVA, (int) IOVA);
        for (int more = 1; more < RangeInvalidations.DEPTH; more++) {
            bench.startRange(0, 0);
        }
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        bench.startRange(0, 0);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
    }

    @Test
    void R284_cachesThatAreNotSelectedKeepWhatTheyHave() {
        cacheThenChange();
        for (int select = 0; select < 3; select++) {
            bench.set(M4uRegister.INV_SEL_GEN1, select).set(M4uRegister.INVALIDATE, M4uBench.ALL);
            assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
            bench.set(M4uRegister.INVLD_START_A, 0)
                    .set(M4uRegister.INVLD_END_A, -1)
                    .set(M4uRegister.INVALIDATE, M4uBench.RANGE);
            assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
            bench.set(M4uRegister.CPE_DONE, 0);
            assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
        }
    }

    @Test
    void R285_addressesCountAsPages() {
        cacheThenChange();
        bench.startRange((int) IOVA + 0xFFC, (int) IOVA + 4);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
    }

    @Test
    void R285_aRangeThatEndsBeforeItStartsNamesNothing() {
        cacheThenChange();
        bench.startRange((int) IOVA + 0x1000, (int) IOVA - 0x1000);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.pa(IOVA)).isEqualTo(0x4000_1000L);
    }

    @Test
    void R286_anyByteOfABlockTakesAllOfIt() {
        int[] leaves = {0x4000_0C01, 0x4001_0C01, 0x4003_0002, 0x4407_0002};
        long[] sizes = {0x1_0000, 0x1_0000, 0x10_0000, 0x100_0000};
        for (int i = 0; i < leaves.length; i++) {
            long block = 0x3000_0000L;
            bench.flushAll();
            for (long at = 0; at < sizes[i]; at += 0x10_0000) {
                bench.level1(block + at, leaves[i]);
            }
            if (i < 2) {
                for (long at = 0; at < sizes[i]; at += 0x1000) {
                    bench.level2(block + at, leaves[i]);
                }
            }
            assertThat(bench.isMapped(block)).isTrue();
            bench.level1(block, 0);
            assertThat(bench.isMapped(block)).isTrue();
            long last = block + sizes[i] - 0x1000;
            bench.startRange((int) last, (int) last + 0xFFF);
            assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
            bench.set(M4uRegister.CPE_DONE, 0);
            assertThat(bench.isMapped(block)).as("size 0x%x", sizes[i]).isFalse();
            bench.clearFault();
        }
    }

    @Test
    void neighboursOfARangeStay() {
        bench.level2(IOVA - 0x1000, PAGE).level2(IOVA, PAGE).level2(IOVA + 0x1000, PAGE);
        for (long at = IOVA - 0x1000; at <= IOVA + 0x1000; at += 0x1000) {
            assertThat(bench.isMapped(at)).isTrue();
            bench.level2(at, OTHER);
        }
        bench.startRange((int) IOVA, (int) IOVA + 0xFFF);
        bench.get(M4uRegister.CPE_DONE);
        assertThat(bench.pa(IOVA - 0x1000)).isEqualTo(0x4000_1000L);
        assertThat(bench.pa(IOVA)).isEqualTo(0x5000_1000L);
        assertThat(bench.pa(IOVA + 0x1000)).isEqualTo(0x4000_1000L);
    }

    @Test
    void R288_theLackOfATranslationIsKeptUntilItIsInvalidated() {
        assertThat(bench.isMapped(IOVA)).isFalse();
        bench.level2(IOVA, PAGE);
        assertThat(bench.isMapped(IOVA)).isFalse();
        assertThat(bench.isMapped(IOVA + 0x1000)).isFalse();
        bench.startRange((int) IOVA, (int) IOVA + 0xFFF);
        assertThat(bench.get(M4uRegister.CPE_DONE)).isEqualTo(1);
        assertThat(bench.isMapped(IOVA)).isTrue();
    }

    @Test
    void aCacheMayForgetTheLackOfATranslation() {
        M4uBench forgetful = new M4uBench(builder -> builder.tlb(TlbGeometry.DEFAULT));
        assertThat(forgetful.isMapped(IOVA)).isFalse();
        forgetful.level2(IOVA, PAGE);
        assertThat(forgetful.isMapped(IOVA)).isTrue();
    }

    @Test
    void withoutACacheMemorySaysWhatHolds() {
        M4uBench plain = new M4uBench(builder -> builder.tlb(TlbGeometry.OFF));
        plain.level2(IOVA, PAGE);
        assertThat(plain.pa(IOVA)).isEqualTo(0x4000_1000L);
        plain.level2(IOVA, OTHER);
        assertThat(plain.pa(IOVA)).isEqualTo(0x5000_1000L);
        plain.flushAll();
        assertThat(plain.pa(IOVA)).isEqualTo(0x5000_1000L);
    }

    @Test
    void rangesHave34BitsWhereThePartHas() {
        M4uBench wide = new M4uBench(M4uCapabilities.mt8183().withAddresses(34, 35));
        long high = 0x2_1230_0000L;
        wide.memory.store32(M4uBench.ROOT + (high >>> 20 << 2), 0x4000_0002);
        assertThat(wide.pa(high)).isEqualTo(0x4000_0000L);
        wide.memory.store32(M4uBench.ROOT + (high >>> 20 << 2), 0x5000_0002);
        wide.startRange((int) high, (int) high + 0xF000);
        wide.get(M4uRegister.CPE_DONE);
        assertThat(wide.pa(high)).isEqualTo(0x4000_0000L);
        wide.set(M4uRegister.CPE_DONE, 0);
        wide.startRange(InvalidationAddress.pack(high), InvalidationAddress.pack(high + 0xFFFF));
        wide.get(M4uRegister.CPE_DONE);
        assertThat(wide.pa(high)).isEqualTo(0x5000_0000L);
    }

    @Test
    void aResetEmptiesTheCache() {
        cacheThenChange();
        bench.startRange((int) IOVA, (int) IOVA);
        bench.m4u.reset();
        assertThat(bench.m4u.step()).isFalse();
        bench.set(M4uRegister.PT_BASE_ADDR, (int) M4uBench.ROOT);
        assertThat(bench.read(IOVA))
                .isInstanceOfSatisfying(
                        Translation.Ok.class, ok -> assertThat(ok.pa()).isEqualTo(0x5000_1000L));
    }
}
