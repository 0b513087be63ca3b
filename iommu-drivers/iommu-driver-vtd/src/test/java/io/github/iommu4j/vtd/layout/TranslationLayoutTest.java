package io.github.iommu4j.vtd.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TranslationLayoutTest {

    private final SparseMemory memory = new SparseMemory();

    @Test
    void fieldsDoNotOverlap() {
        LayoutAssert.fieldsFormWords(RootEntry.class, 1);
        LayoutAssert.fieldsFormWords(ContextEntry.class, 2);
        LayoutAssert.fieldsFormWords(ScalableContextEntry.class, 2);
        LayoutAssert.fieldsFormWords(PasidDirectoryEntry.class, 1);
        LayoutAssert.fieldsFormWords(PasidEntry.class, 3);
        LayoutAssert.fieldsFormWords(SecondStageEntry.class, 1);
        LayoutAssert.fieldsFormWords(FirstStageEntry.class, 1);
    }

    @Test
    void everyBitOfAStructureIsInAField() {
        assertThat(RootEntry.P.mask() | RootEntry.RESERVED.mask() | RootEntry.CTP.mask())
                .isEqualTo(-1);
        assertThat(ContextEntry.AW.mask()
                        | ContextEntry.AVAIL.mask()
                        | ContextEntry.RESERVED_MIDDLE.mask()
                        | ContextEntry.DID.mask()
                        | ContextEntry.RESERVED_HIGH.mask())
                .isEqualTo(-1);
    }

    @Test
    void aRecordedLegacyChainDecodes() {
        memory.store64(0x100_0000L, 0x273_8001L);
        RootEntry root = RootEntry.readFrom(memory, RootEntry.address(0x100_0000L, 0x00F8));
        assertThat(RootEntry.CTP.inPlace(root.low())).isEqualTo(0x273_8000L);
        assertThat(root).hasToString("Root[0000000002738001 0000000000000000]");
        memory.store64(0x273_8000L + 0xF80, 0x200_2003L);
        memory.store64(0x273_8000L + 0xF88, 0x801);
        ContextEntry context = ContextEntry.readFrom(memory, ContextEntry.address(0x273_8000L, 0x00F8));
        assertThat(ContextEntry.FPD.isSet(context.low())).isTrue();
        assertThat(ContextEntry.DID.get(context.high())).isEqualTo(8);
        assertThat(ContextEntry.AW.get(context.high())).isEqualTo(1);
        assertThat(ContextEntry.TT.getInt(context.low())).isEqualTo(ContextEntry.TT_UNTRANSLATED);
        assertThat(context).hasToString("Context[0000000002002003 0000000000000801]");
    }

    @Test
    void devicesFrom16OnAreInTheUpperContextTable() {
        RootEntry root = new RootEntry(0x269_F001L, 0x272_7001L);
        assertThat(root.half(0x7F)).isEqualTo(0x269_F001L);
        assertThat(root.half(0x80)).isEqualTo(0x272_7001L);
        assertThat(ScalableContextEntry.address(RootEntry.CTP.inPlace(root.half(0xF8)), 0xF8))
                .isEqualTo(0x272_7F00L);
        assertThat(ScalableContextEntry.address(0, 0x7F)).isEqualTo(0xFE0);
    }

    @Test
    void aRecordedScalableContextDecodes() {
        memory.store64(0x40, 0x263_E401L);
        memory.store64(0x48, 0x45);
        ScalableContextEntry context = ScalableContextEntry.readFrom(memory, 0x40);
        assertThat(context.pasidsLg2()).isEqualTo(15);
        assertThat(ScalableContextEntry.RID_PASID.get(context.q1())).isEqualTo(0x45);
        assertThat(ScalableContextEntry.PASIDDIRPTR.inPlace(context.q0())).isEqualTo(0x263_E000L);
        assertThat(context.toString()).startsWith("ScalableContext[000000000263e401 0000000000000045 ");
    }

    @Test
    void aPasidIsSplitBetweenDirectoryAndTable() {
        assertThat(PasidDirectoryEntry.address(0x1000, 0x12345)).isEqualTo(0x1000 + 8 * 0x48D);
        assertThat(PasidEntry.address(0x2000, 0x12345)).isEqualTo(0x2000 + 64 * 5);
        memory.store64(0x1000, 0x5003);
        PasidDirectoryEntry entry = PasidDirectoryEntry.readFrom(memory, 0x1000);
        assertThat(PasidDirectoryEntry.SMPTBLPTR.inPlace(entry.raw())).isEqualTo(0x5000);
        assertThat(PasidDirectoryEntry.FPD.isSet(entry.raw())).isTrue();
        assertThat(entry).hasToString("PasidDirectory[0000000000005003]");
    }

    @Test
    void recordedPasidEntriesDecode() {
        for (int i = 0; i < 8; i++) {
            memory.store64(0x40 + 8L * i, i + 1L);
        }
        assertThat(PasidEntry.readFrom(memory, 0x40)).isEqualTo(new PasidEntry(1, 2, 3, 4, 5, 6, 7, 8));
        PasidEntry second = new PasidEntry(0x269_D089L, 2, 0, 0, 0, 0, 0, 0);
        assertThat(PasidEntry.PGTT.getInt(second.q0())).isEqualTo(PasidEntry.PGTT_SECOND_STAGE);
        assertThat(PasidEntry.AW.get(second.q0())).isEqualTo(2);
        assertThat(PasidEntry.DID.get(second.q1())).isEqualTo(2);
        assertThat(PasidEntry.PGTT.getInt(0x49)).isEqualTo(PasidEntry.PGTT_FIRST_STAGE);
        assertThat(PasidEntry.PGTT.getInt(0x101)).isEqualTo(PasidEntry.PGTT_PASS_THROUGH);
        assertThat(second.toString()).startsWith("Pasid[000000000269d089 0000000000000002 0");
    }

    @ParameterizedTest
    @CsvSource({
        "0x01, LRT.2, false", "0x0B, LCT.3, true", "0x48, SCT.9, true", "0x50, SPD.1, false", "0x79, SSS.2, true",
        "0x87, SGN.8, true", "0x89, SGN.10, true", "0x91, SFS.10, true", "0x26, IR.26, true", "0x21, IR.21, false"
    })
    void codesHaveTheSpecificationsLabels(String code, String label, boolean qualified) {
        FaultReason reason = FaultReason.of(Integer.decode(code)).orElseThrow();
        assertThat(reason.label()).isEqualTo(label);
        assertThat(reason.isQualified()).isEqualTo(qualified);
        assertThat(reason.condition()).isNotBlank().doesNotEndWith(".");
    }

    @Test
    void codesAreDifferentAndOthersAreNone() {
        Set<Integer> codes = new HashSet<>();
        for (FaultReason reason : FaultReason.values()) {
            assertThat(codes.add(reason.code())).as(reason.label()).isTrue();
            assertThat(FaultReason.of(reason.code())).contains(reason);
        }
        assertThat(FaultReason.of(0)).isEmpty();
        assertThat(FaultReason.of(0x100)).isEmpty();
        assertThat(FaultReason.of(-1)).isEmpty();
    }
}
