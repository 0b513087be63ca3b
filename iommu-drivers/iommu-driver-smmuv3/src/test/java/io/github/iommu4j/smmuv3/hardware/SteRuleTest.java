package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which STEs are ILLEGAL, and by which rule (IHI 0070 §5.2.2). */
class SteRuleTest {

    private static final Smmuv3Capabilities ALL = Smmuv3Capabilities.everything();
    private static final long CONTEXT = 0x4010_0000L;
    private static final long TABLE = 0x4020_0000L;

    private static Smmuv3Capabilities with(IdField field, int value) {
        return ALL.toBuilder().set(field, value).build();
    }

    private static void expectLegal(Words words, Smmuv3Capabilities has) {
        assertThat(SteRule.brokenBy(words.ste(), has)).isNull();
    }

    private static void expectBroken(SteRule rule, Words words, Smmuv3Capabilities has) {
        assertThat(SteRule.brokenBy(words.ste(), has)).isEqualTo(rule);
    }

    private static Words stage1() {
        return Words.stage1(CONTEXT);
    }

    private static Words stage2() {
        return Words.stage2(TABLE);
    }

    @Test
    void theEntriesToStartFromAreLegal() {
        expectLegal(stage1(), ALL);
        expectLegal(stage2(), ALL);
        expectLegal(Words.nested(CONTEXT, TABLE), ALL);
    }

    @Test
    void anEntryWithVZeroIsIllegal() {
        expectBroken(SteRule.VALID, stage1().set(0, StreamTableEntry.V, 0), ALL);
    }

    @Test
    void aSelectedStageMustExist() {
        Smmuv3Capabilities one =
                ALL.toBuilder().disable(IdField.S2P, IdField.HYP, IdField.VMW).build();
        Smmuv3Capabilities two =
                ALL.toBuilder().disable(IdField.S1P, IdField.HYP).build();
        expectBroken(SteRule.STAGE2_PRESENT, stage2(), one);
        expectBroken(SteRule.STAGE2_PRESENT, Words.nested(CONTEXT, TABLE), one);
        expectBroken(SteRule.STAGE1_PRESENT, stage1(), two);
        expectLegal(stage2(), two);
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void reservedStreamWorldsAreIllegalOnlyWhereStrwIsUsed(int strw) {
        expectBroken(SteRule.STREAM_WORLD, stage1().set(1, StreamTableEntry.STRW, strw), ALL);
        expectLegal(stage1().set(1, StreamTableEntry.STRW, strw), with(IdField.HYP, 0));
        expectLegal(stage2().set(1, StreamTableEntry.STRW, strw), ALL);
        expectLegal(Words.nested(CONTEXT, TABLE).set(1, StreamTableEntry.STRW, strw), ALL);
    }

    private static Smmuv3Capabilities stallModel(int model) {
        return ALL.toBuilder()
                .set(IdField.STALL_MODEL, model)
                .set(IdField.STALL_MAX, model == 1 ? 0 : 1)
                .build();
    }

    @ParameterizedTest
    @CsvSource({"0, 0, true", "0, 1, true", "1, 0, true", "1, 1, false", "2, 0, false", "2, 1, true"})
    void s2sFollowsTheStallModelWhereStage2IsUsed(int model, int s2s, boolean legal) {
        for (Words entry : new Words[] {stage2(), Words.nested(CONTEXT, TABLE)}) {
            entry.set(2, StreamTableEntry.S2S, s2s);
            if (legal) {
                expectLegal(entry, stallModel(model));
            } else {
                expectBroken(SteRule.STAGE2_STALL, entry, stallModel(model));
            }
        }
        expectLegal(stage1().set(2, StreamTableEntry.S2S, s2s), stallModel(model));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false", "2, false"})
    void s1stalldIsForSmmusThatCanDoBoth(int model, boolean legal) {
        Words entry = stage1().set(1, StreamTableEntry.S1STALLD, 1);
        if (legal) {
            expectLegal(entry, stallModel(model));
        } else {
            expectBroken(SteRule.STALL_DISABLE, entry, stallModel(model));
        }
        Words unused = stage2().set(1, StreamTableEntry.S1STALLD, 1).set(2, StreamTableEntry.S2S, model / 2);
        expectLegal(unused, stallModel(model));
    }

    @Test
    void s1cdmaxIsBoundedBySsidSizeAndIgnoredWithoutSubstreams() {
        expectLegal(stage1().set(0, StreamTableEntry.S1CDMAX, 16), with(IdField.SSIDSIZE, 16));
        expectBroken(SteRule.CONTEXT_COUNT, stage1().set(0, StreamTableEntry.S1CDMAX, 17), with(IdField.SSIDSIZE, 16));
        expectLegal(stage1().set(0, StreamTableEntry.S1CDMAX, 3), with(IdField.SSIDSIZE, 0));
    }

    @Test
    void twoLevelFormatsNeedCd2lAndMoreThanOneCd() {
        Words words = stage1().set(0, StreamTableEntry.S1CDMAX, 5).set(0, StreamTableEntry.S1FMT, 1);
        expectLegal(words, ALL);
        expectBroken(SteRule.CONTEXT_FORMAT, words, with(IdField.CD2L, 0));
        expectLegal(words.set(0, StreamTableEntry.S1FMT, 3), with(IdField.CD2L, 0));
        expectLegal(stage1().set(0, StreamTableEntry.S1FMT, 1), with(IdField.CD2L, 0));
    }

    @Test
    void theContextPointerMustFit() {
        Smmuv3Capabilities small = with(IdField.OAS, 4);
        expectLegal(Words.stage1(0xFFF_FFFF_FFC0L), small);
        expectBroken(SteRule.CONTEXT_POINTER, Words.stage1(0x1000_0000_0000L), small);
        expectBroken(SteRule.CONTEXT_POINTER, Words.nested(0x1000_0000_0000L, TABLE), small);
    }

    @Test
    void lpaeTablesAreIllegal() {
        expectBroken(SteRule.STAGE2_TABLES, stage2().set(2, StreamTableEntry.S2AA64, 0), ALL);
        expectLegal(stage1().set(2, StreamTableEntry.S2AA64, 0), ALL);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, true", "0, 1, 0, false", "0, 0, 1, false", "0, 1, 1, false",
        "1, 0, 0, true", "1, 1, 0, true", "1, 0, 1, false", "1, 1, 1, false",
        "2, 0, 0, true", "2, 1, 0, true", "2, 0, 1, true", "2, 1, 1, true"
    })
    void hardwareUpdateMustBeSupported(int httu, int flag, int dirty, boolean legal) {
        Words entry = stage2().set(2, StreamTableEntry.S2HA, flag).set(2, StreamTableEntry.S2HD, dirty);
        if (legal) {
            expectLegal(entry, with(IdField.HTTU, httu));
        } else {
            expectBroken(SteRule.STAGE2_UPDATE, entry, with(IdField.HTTU, httu));
        }
        expectLegal(
                stage1().set(2, StreamTableEntry.S2HA, flag).set(2, StreamTableEntry.S2HD, dirty),
                with(IdField.HTTU, httu));
    }

    @Test
    void theGranuleMustExist() {
        expectBroken(SteRule.STAGE2_GRANULE, stage2().set(2, StreamTableEntry.S2TG, 3), ALL);
        expectBroken(SteRule.STAGE2_GRANULE, stage2(), with(IdField.GRAN4K, 0));
    }

    @Test
    void theTableMustFitTheOutputSize() {
        expectBroken(SteRule.STAGE2_BASE, Words.stage2(1L << 32).set(2, StreamTableEntry.S2PS, 0), ALL);
        expectBroken(SteRule.STAGE2_BASE, Words.stage2(1L << 48).set(2, StreamTableEntry.S2PS, 6), ALL);
        Words large = Words.stage2(1L << 48)
                .set(2, StreamTableEntry.S2PS, 6)
                .set(2, StreamTableEntry.S2TG, 1)
                .set(2, StreamTableEntry.S2SL0, 1);
        expectLegal(large, ALL);
    }

    @ParameterizedTest
    @CsvSource({
        // granule, T0SZ, SL0, legal with STT=0
        "0, 16, 1, false",
        "0, 25, 3, false",
        "0, 34, 0, true",
        "0, 24, 1, true",
        "0, 21, 1, true",
        "0, 20, 1, false",
        "0, 16, 2, true",
        "0, 24, 2, true",
        "0, 25, 2, false",
        "0, 39, 0, true",
        "0, 40, 0, false",
        "0, 15, 2, false",
        "2, 24, 1, true",
        "2, 23, 1, false",
        "2, 16, 2, true",
        "2, 27, 2, true",
        "2, 28, 2, false",
        "2, 16, 3, false",
        "2, 38, 1, true",
        "2, 39, 0, true",
        "2, 35, 0, true",
        "2, 34, 0, false",
        "1, 22, 1, true",
        "1, 12, 2, true",
        "1, 11, 2, false",
        "1, 18, 1, true",
        "1, 17, 1, false",
        "1, 39, 0, true",
        "1, 31, 0, true",
        "1, 30, 0, false",
        "1, 25, 3, false"
    })
    void sizeAndStartLevelMustAgree(int granule, int t0sz, int sl0, boolean legal) {
        Words words = stage2().set(2, StreamTableEntry.S2TG, granule)
                .set(2, StreamTableEntry.S2T0SZ, t0sz)
                .set(2, StreamTableEntry.S2SL0, sl0);
        assertThat(SteRule.brokenBy(words.ste(), with(IdField.STT, 0)) == null).isEqualTo(legal);
    }

    @ParameterizedTest
    @CsvSource({"0, 43, 3, true", "0, 48, 3, true", "0, 49, 3, false", "1, 47, 0, true", "1, 48, 0, false"})
    void smallTablesExtendTheRange(int granule, int t0sz, int sl0, boolean legal) {
        Words words = stage2().set(2, StreamTableEntry.S2TG, granule)
                .set(2, StreamTableEntry.S2T0SZ, t0sz)
                .set(2, StreamTableEntry.S2SL0, sl0);
        assertThat(SteRule.brokenBy(words.ste(), ALL) == null).isEqualTo(legal);
    }

    @Test
    void endiannessMustBeSupported() {
        Words big = stage2().set(2, StreamTableEntry.S2ENDI, 1);
        expectLegal(big, ALL);
        expectBroken(SteRule.STAGE2_ENDIANNESS, big, with(IdField.TTENDIAN, 2));
        expectBroken(SteRule.STAGE2_ENDIANNESS, stage2(), with(IdField.TTENDIAN, 3));
    }

    @Test
    void aLargeVmidIsIllegalEvenWithStageOneOnly() {
        Smmuv3Capabilities small = with(IdField.VMID16, 0);
        Words words = stage1().set(2, StreamTableEntry.S2VMID, 0x1234);
        expectBroken(SteRule.VMID, words, small);
        expectLegal(words, ALL);
        expectLegal(words.set(1, StreamTableEntry.STRW, 2), small);
    }

    @Test
    void atsRulesApplyOnlyWhereAtsExists() {
        Words split = stage1().set(1, StreamTableEntry.EATS, 2);
        expectBroken(SteRule.SPLIT_ATS, split, ALL);
        expectLegal(split, ALL.toBuilder().disable(IdField.ATS, IdField.PRI).build());
    }
}
