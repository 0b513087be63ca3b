package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.tipat.layout.PatPageSize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class PatTest {

    private static final int PAGES = 16384;

    private static PatFault faultOf(Pat pat, long address) {
        return PatFault.of(pat.translate(1, address, Access.READ));
    }

    @ParameterizedTest
    @EnumSource(PatPageSize.class)
    void P03_theEntrysTargetReplacesThePagePart(PatPageSize size) {
        Pat pat = Rig.enabled(256, size);
        long target = 0x9876_5432_0000L;
        Rig.map(pat, 3, target);
        long answer = pat.translate(1, Rig.BASE + 3 * size.bytes() + 0xABC, Access.WRITE);
        assertThat(Translations.isOk(answer)).isTrue();
        assertThat(Translations.pa(answer)).isEqualTo((target & -size.bytes()) + 0xABC);
        assertThat(Translations.sizeLg2(answer)).isEqualTo(size.lg2());
        assertThat(Translations.permissions(answer)).isEqualTo(7);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE + 4 * size.bytes() - 1, Access.READ)))
                .isEqualTo((target & -size.bytes()) + size.bytes() - 1);
    }

    @Test
    void P03_targetBitsBelowThePageSizeAreNotUsed() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_64K);
        Rig.map(pat, 0, 0x8000_F000L);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE + 0x8, Access.READ)))
                .isEqualTo(0x8000_0008L);
    }

    @Test
    void P03_targetsReachTheLastOf48Bits() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.map(pat, 255, 0xFFFF_FFFF_F000L);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE + 0xFF_FFF, Access.READ)))
                .isEqualTo(0xFFFF_FFFF_FFFFL);
    }

    @ParameterizedTest
    @CsvSource({"SIZE_4K, 64", "SIZE_16K, 256", "SIZE_64K, 1024"})
    void P04_theTableTranslatesItsPagesAndNotTheWholeWindow(PatPageSize size, long mib) {
        Pat pat = Rig.enabled(PAGES, size);
        Rig.map(pat, PAGES - 1, 0x8000_0000L);
        long end = Rig.BASE + (mib << 20);
        assertThat(Translations.isOk(pat.translate(1, end - 1, Access.READ))).isTrue();
        if (mib < 1024) {
            assertThat(faultOf(pat, end)).isEqualTo(PatFault.BEYOND_TABLE);
            assertThat(faultOf(pat, Rig.WINDOW.last())).isEqualTo(PatFault.BEYOND_TABLE);
        }
    }

    @Test
    void P04_aDisabledPageIsAnErrorResponse() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.map(pat, 1, 0x8000_0000L);
        assertThat(faultOf(pat, Rig.BASE)).isEqualTo(PatFault.PAGE_DISABLED);
        Rig.unmap(pat, 1);
        long answer = pat.translate(1, Rig.BASE + 0x1000, Access.READ);
        assertThat(PatFault.of(answer)).isEqualTo(PatFault.PAGE_DISABLED);
        assertThat(Translations.response(answer)).isEqualTo(FaultResponse.ABORT);
    }

    @Test
    void P04_whileTheUnitIsOffTheWholeWindowIsAnErrorResponse() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.map(pat, 1, 0x8000_0000L);
        Rig.control(pat, 0);
        assertThat(faultOf(pat, Rig.BASE + 0x1000)).isEqualTo(PatFault.DISABLED);
        assertThat(faultOf(pat, Rig.WINDOW.last())).isEqualTo(PatFault.DISABLED);
        Rig.control(pat, 1);
        assertThat(Translations.isOk(pat.translate(1, Rig.BASE + 0x1000, Access.READ)))
                .isTrue();
        pat.reset();
        assertThat(pat.table().read(12, 4)).isZero();
    }

    @Test
    void P05_nothingOutsideTheWindowIsTouched() {
        Pat pat = Rig.pat(256);
        for (long address :
                new long[] {0, 0x1234, 0x8000_0000L, Rig.BASE - 1, Rig.WINDOW.last() + 1, 0xFFFF_FFFF_FFFFL}) {
            long answer = pat.translate(1, address, Access.WRITE);
            assertThat(Translations.pa(answer)).isEqualTo(address);
            assertThat(Translations.permissions(answer)).isEqualTo(7);
            assertThat(pat.explain(DmaRequest.write(1, address)).fetches()).isEmpty();
        }
    }

    @Test
    void P05_whatPassesPassesForTheLargestBlockWithoutTheWindow() {
        Pat pat = Rig.pat(256);
        assertThat(Translations.sizeLg2(pat.translate(1, 0, Access.READ))).isEqualTo(38);
        assertThat(Translations.sizeLg2(pat.translate(1, Rig.BASE - 1, Access.READ)))
                .isEqualTo(35);
        assertThat(Translations.sizeLg2(pat.translate(1, Rig.WINDOW.last() + 1, Access.READ)))
                .isEqualTo(30);
        Pat low = Pat.builder(new PatWindow(0x10_0000, 0x10_0000)).build();
        assertThat(Translations.sizeLg2(low.translate(1, 0xFFFFF, Access.READ))).isEqualTo(20);
        assertThat(Translations.sizeLg2(low.translate(1, 0x200000, Access.READ)))
                .isEqualTo(21);
    }

    @Test
    void P05_thereAreNoAddressesOfMoreThan48Bits() {
        Pat pat = Rig.pat(256);
        for (long address : new long[] {1L << 48, -1, Long.MIN_VALUE, Rig.BASE | 1L << 52}) {
            long answer = pat.translate(1, address, Access.READ);
            assertThat(PatFault.of(answer)).isEqualTo(PatFault.ADDRESS_SIZE);
            assertThat(Translations.isRecorded(answer)).isFalse();
        }
        assertThat(pat.explain(DmaRequest.read(1, -1)).conclusion()).contains("48");
    }

    @Test
    void P06_anUpdateGoesByWayOfADisabledEntry() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        long before = 0x1111_1111_1000L;
        long after = 0x2222_2222_2000L;
        Rig.map(pat, 0, before);
        pat.table().write(4, 4, 0);
        assertThat(faultOf(pat, Rig.BASE)).isEqualTo(PatFault.PAGE_DISABLED);
        pat.table().write(0, 4, after >>> 12);
        assertThat(faultOf(pat, Rig.BASE)).isEqualTo(PatFault.PAGE_DISABLED);
        pat.table().write(4, 4, 0x8000_0000L | after >>> 44);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE, Access.READ))).isEqualTo(after);
    }

    @Test
    void P06_withoutThatAnAccessMayMeetTheNewLowWordWithTheOldHighOne() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.map(pat, 0, 0x1000_1111_1000L);
        pat.table().write(0, 4, 0x2000_2222_2000L >>> 12);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE, Access.READ))).isEqualTo(0x1000_2222_2000L);
    }

    @Test
    void P10_orderIdsDoNotChangeTheAddress() {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.control(pat, 3);
        pat.table().write(0, 4, 0x80000);
        pat.table().write(4, 4, 0xCF00_0000L);
        assertThat(Translations.pa(pat.translate(1, Rig.BASE + 4, Access.READ))).isEqualTo(0x8000_0004L);
        assertThat(pat.explain(DmaRequest.read(1, Rig.BASE)).fetches().get(0).fields())
                .contains(new Explanation.Field("REPLACE_OID", "0x1"), new Explanation.Field("ORDERID", "0xf"));
    }

    @Test
    void P11_anExplanationShowsTheEntryThatWasRead() {
        Pat pat =
                Pat.builder(Rig.WINDOW).name("pat0").tableAddress(0x3640_0000L).build();
        Rig.control(pat, 1);
        Rig.map(pat, 300, 0xA_8000_0000L);
        Explanation explanation = pat.explain(DmaRequest.read(9, Rig.BASE + 300 * 0x1000 + 0x10));
        assertThat(explanation.fetches()).singleElement().satisfies(fetch -> {
            assertThat(fetch.role()).isEqualTo("pat0");
            assertThat(fetch.address()).isEqualTo(0x3640_0000L + 0x1000 + 44 * 8);
            assertThat(fetch.raw()).containsExactly(0x8000_0000_00A8_0000L);
            assertThat(fetch.purpose()).isEqualTo("page 300 of the window at 0x4800000000");
            assertThat(fetch.decision()).isEqualTo("page of 2^12 bytes at 0xa80000000");
        });
        assertThat(explanation.result()).isEqualTo(new Translation.Ok(0xA_8000_0010L, 12, 7, Pat.ATTRIBUTES));
        assertThat(explanation.conclusion()).isEqualTo("translated by pat0");
    }

    @Test
    void P11_anExplanationOfAnErrorSaysWhy() {
        Pat pat = Rig.pat(256);
        assertThat(pat.explain(DmaRequest.read(9, Rig.BASE)).conclusion()).isEqualTo("pat: EN=0");
        Rig.control(pat, 1);
        assertThat(pat.explain(DmaRequest.read(9, Rig.BASE)).conclusion()).isEqualTo("pat: ENABLE=0");
        assertThat(pat.explain(DmaRequest.read(9, Rig.BASE)).fetches())
                .singleElement()
                .satisfies(fetch -> assertThat(fetch.decision()).isEqualTo("disabled"));
        assertThat(pat.explain(DmaRequest.read(9, Rig.BASE + 0x10_0000)).conclusion())
                .isEqualTo("pat: the table has 256 pages");
        assertThat(pat.explain(DmaRequest.read(9, 0x1000)).conclusion()).isEqualTo("no PAT's window");
    }

    @Test
    void aFaultHasANameAndSomethingElseIsNone() {
        Pat pat = Rig.pat(256);
        assertThat(pat.translate(DmaRequest.read(1, Rig.BASE)))
                .isEqualTo(new Translation.Fault(1, "DISABLED", FaultResponse.ABORT, true));
        assertThatThrownBy(() -> PatFault.of(Translations.ok(0, 12, 7))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PatFault.of(Translations.fault(6, FaultResponse.ABORT)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PatFault.of(Translations.fault(0, FaultResponse.ABORT)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(pat.step()).isFalse();
        assertThat(pat).hasToString("pat PatWindow[base=309237645312, size=1073741824]");
    }

    @Test
    void aWindowIsMadeOfWholeMebibytesWithin48Bits() {
        for (long[] odd : new long[][] {
            {0x1000, 0x10_0000},
            {0, 0x1000},
            {0, 0},
            {0, Long.MIN_VALUE},
            {1L << 48, 0x10_0000},
            {0xFFFF_FFF0_0000L, 0x20_0000},
            {-0x10_0000L, 0x10_0000}
        }) {
            assertThatThrownBy(() -> new PatWindow(odd[0], odd[1])).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new PatWindow(0xFFFF_FFF0_0000L, 0x10_0000).last()).isEqualTo(0xFFFF_FFFF_FFFFL);
    }
}
