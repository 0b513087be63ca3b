package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which CDs are ILLEGAL for a stream, and by which rule (IHI 0070 §5.4.2). */
class CdRuleTest {

    private static final Smmuv3Capabilities ALL = Smmuv3Capabilities.everything();
    private static final int EL2 = 2;

    private static Smmuv3Capabilities with(IdField field, int value) {
        return ALL.toBuilder().set(field, value).build();
    }

    private static Words context() {
        return Words.context(0x4020_0000L);
    }

    private static void expect(CdRule rule, Words cd, Smmuv3Capabilities has) {
        expect(rule, cd, has, 0, false);
    }

    private static void expect(CdRule rule, Words cd, Smmuv3Capabilities has, int strw, boolean hostExtensions) {
        assertThat(broken(cd, has, strw, hostExtensions)).isEqualTo(rule);
    }

    private static void expectLegal(Words cd, Smmuv3Capabilities has) {
        assertThat(broken(cd, has, 0, false)).isNull();
    }

    private static @org.jspecify.annotations.Nullable CdRule broken(
            Words cd, Smmuv3Capabilities has, int strw, boolean hostExtensions) {
        StreamTableEntry ste =
                Words.stage1(0x4010_0000L).set(1, StreamTableEntry.STRW, strw).ste();
        return CdRule.brokenBy(cd.cd(), Stream.of(ste, has, hostExtensions), has);
    }

    @Test
    void theDescriptorToStartFromIsLegal() {
        expectLegal(context(), ALL);
        expect(CdRule.VALID, context().set(0, ContextDescriptor.V, 0), ALL);
    }

    @Test
    void faultModelsMustBeSupported() {
        expect(CdRule.TERMINATION, context().set(0, ContextDescriptor.A, 0), with(IdField.TERM_MODEL, 1));
        expectLegal(context().set(0, ContextDescriptor.A, 0), ALL);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, true", "0, 1, true", "1, 0, true", "1, 1, false", "2, 0, false", "2, 1, true"})
    void stallsFollowTheStallModel(int model, int s, boolean legal) {
        Smmuv3Capabilities has = ALL.toBuilder()
                .set(IdField.STALL_MODEL, model)
                .set(IdField.STALL_MAX, model == 1 ? 0 : 1)
                .build();
        Words cd = context().set(0, ContextDescriptor.S, s);
        if (legal) {
            expectLegal(cd, has);
        } else {
            expect(CdRule.STALL, cd, has);
        }
    }

    @Test
    void anEntryWithS1stalldTakesNoContextThatStalls() {
        StreamTableEntry ste =
                Words.stage1(0x4010_0000L).set(1, StreamTableEntry.S1STALLD, 1).ste();
        Stream stream = Stream.of(ste, ALL, false);
        assertThat(CdRule.brokenBy(context().set(0, ContextDescriptor.S, 1).cd(), stream, ALL))
                .isEqualTo(CdRule.STALL_DISABLED);
        assertThat(CdRule.brokenBy(context().cd(), stream, ALL)).isNull();
    }

    @Test
    void endiannessCountsOnlyWhereAHalfIsUsed() {
        Words big = context().set(0, ContextDescriptor.ENDI, 1);
        expectLegal(big, ALL);
        expect(CdRule.ENDIANNESS, big, with(IdField.TTENDIAN, 2));
        expectLegal(big.set(0, ContextDescriptor.EPD0, 1), with(IdField.TTENDIAN, 2));
    }

    @Test
    void lpaeTablesAreIllegal() {
        expect(CdRule.TABLES, context().set(0, ContextDescriptor.AA64, 0), ALL);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, true", "0, 1, 0, false", "0, 0, 1, false", "0, 1, 1, false",
        "1, 0, 0, true", "1, 1, 0, true", "1, 0, 1, false", "1, 1, 1, false",
        "2, 0, 0, true", "2, 1, 0, true", "2, 0, 1, true", "2, 1, 1, true"
    })
    void hardwareUpdateMustBeSupported(int httu, int flag, int dirty, boolean legal) {
        Words cd = context().set(0, ContextDescriptor.HA, flag).set(0, ContextDescriptor.HD, dirty);
        if (legal) {
            expectLegal(cd, with(IdField.HTTU, httu));
        } else {
            expect(CdRule.UPDATE, cd, with(IdField.HTTU, httu));
        }
    }

    @Test
    void aLargeAsidIsIllegalWhereAsidsAreUsed() {
        Smmuv3Capabilities small = with(IdField.ASID16, 0);
        Words large = context().set(0, ContextDescriptor.ASID, 0x100);
        expect(CdRule.ASID_SIZE, large, small);
        assertThat(broken(large, small, EL2, false)).isNull();
        expect(CdRule.ASID_SIZE, large, small, EL2, true);
    }

    @ParameterizedTest
    @CsvSource({
        // TG0, T0SZ, VAX, STT, legal
        "0, 16, 1, 1, true", "0, 15, 1, 1, false", "0, 48, 0, 1, true", "0, 49, 0, 1, false", "0, 39, 0, 0, true",
        "0, 40, 0, 0, false", "1, 12, 1, 0, true", "1, 11, 1, 0, false", "1, 12, 0, 0, false", "1, 47, 0, 1, true",
        "1, 48, 0, 1, false", "2, 16, 1, 0, true", "2, 15, 1, 0, false"
    })
    void t0szHasLimitsThatDependOnGranuleAndFeatures(int granule, int size, int vax, int stt, boolean legal) {
        Smmuv3Capabilities has =
                ALL.toBuilder().set(IdField.VAX, vax).set(IdField.STT, stt).build();
        Words cd = context().set(0, ContextDescriptor.TG0, granule).set(0, ContextDescriptor.T0SZ, size);
        assertThat(broken(cd, has, 0, false) == null).isEqualTo(legal);
    }

    @Test
    void theTwoGranuleFieldsHaveDifferentCodes() {
        Words upper = context()
                .set(0, ContextDescriptor.EPD0, 1)
                .set(0, ContextDescriptor.EPD1, 0)
                .set(0, ContextDescriptor.T1SZ, 25);
        expect(CdRule.GRANULE, upper.set(0, ContextDescriptor.TG1, 0), ALL);
        expectLegal(upper.set(0, ContextDescriptor.TG1, 1), with(IdField.GRAN4K, 0));
        expectLegal(upper.set(0, ContextDescriptor.TG1, 2), with(IdField.GRAN64K, 0));
        expectLegal(upper.set(0, ContextDescriptor.TG1, 3), with(IdField.GRAN4K, 0));
        expect(CdRule.GRANULE, context().set(0, ContextDescriptor.TG0, 3), ALL);
        expectLegal(context().set(0, ContextDescriptor.TG0, 1), with(IdField.GRAN16K, 0));
        expect(CdRule.GRANULE, context().set(0, ContextDescriptor.TG0, 1), with(IdField.GRAN64K, 0));
    }

    @Test
    void aDisabledHalfIsNotChecked() {
        expectLegal(
                context()
                        .set(0, ContextDescriptor.TG1, 0)
                        .set(0, ContextDescriptor.T1SZ, 0)
                        .word(2, -1L),
                ALL);
    }

    @Test
    void anEl2StreamHasNoUpperHalfAndNoEpd() {
        Words rubbish = context().set(0, ContextDescriptor.EPD1, 0).word(2, -1L);
        assertThat(broken(rubbish, ALL, EL2, false)).isNull();
        expect(CdRule.GRANULE, context().set(0, ContextDescriptor.EPD1, 0), ALL, EL2, true);
        Words closed = context().set(0, ContextDescriptor.EPD0, 1).set(0, ContextDescriptor.TG0, 3);
        expect(CdRule.GRANULE, closed, ALL, EL2, false);
    }

    @Test
    void aTableBeyondIpsIsABadContext() {
        Words cd = Words.context(1L << 32).set(0, ContextDescriptor.IPS, 0);
        expect(CdRule.BASE, cd, ALL);
        expectLegal(cd.set(0, ContextDescriptor.IPS, 1), ALL);
        expect(CdRule.BASE, Words.context(1L << 48).set(0, ContextDescriptor.IPS, 6), ALL);
    }
}
