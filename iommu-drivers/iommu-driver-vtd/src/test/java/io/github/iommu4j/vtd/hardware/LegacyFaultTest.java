package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Legacy mode: every code of chapter 7 with the smallest thing that causes it, and what is near it and legal. */
class LegacyFaultTest {

    private static final VtdCapabilities EMULATED = VtdCapabilities.legacy();

    private final TranslatorRig rig = TranslatorRig.of(EMULATED);

    @Test
    void aRootEntryThatIsNotPresentIsRecordedAlways() {
        rig.mode(TableMode.LEGACY);
        assertThat(rig.read(0x1000)).isEqualTo(new Translation.Fault(1, "LRT.2", response(), true));
        assertThat(rig.reports).containsExactly(new FaultReport(1, TranslatorRig.SID, -1, 0x1000, FaultSink.T1));
    }

    @Test
    void fpdOfAContextEntryThatIsNotPresentSilencesItsFault() {
        rig.legacy(2, 0);
        assertThat(rig.write(0x1000)).isEqualTo(new Translation.Fault(2, "LCT.2", response(), false));
        assertThat(rig.reports).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0x100001, 0x102, 0x06, empty second stage",
        "0x100000, 0x102, 0x02, P=0",
        "0x100011, 0x102, 0x0B, reserved bit 4",
        "0x1000000100001, 0x102, 0x0B, pointer beyond the host",
        "0x100001, 0x182, 0x0B, reserved bit 71",
        "0x100001, 0x1000102, 0x0B, reserved bit 88",
        "0x10000D, 0x102, 0x03, TT=11b",
        "0x100005, 0x102, 0x03, TT=01b without DT",
        "0x100001, 0x100, 0x03, AW=000b",
        "0x100001, 0x103, 0x03, AW=011b is not in SAGAW",
        "0x100001, 0x104, 0x03, AW=100b",
        "0x100009, 0x101, 0x04, pass-through with a smaller AW",
        "0x1000000001, 0x102, 0x03, the top table is not memory"
    })
    void contextEntries(String low, String high, String code, String why) {
        rig.legacy(Long.decode(low), Long.decode(high));
        assertThat(TranslatorRig.code(rig.read(0x1000))).as(why).isEqualTo(Integer.decode(code));
    }

    @Test
    void rootEntriesAreCheckedBeforeContextEntries() {
        rig.legacy(0, 0);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.CONTEXT | 0x11);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x0A);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.CONTEXT | 1);
        rig.memory.store64(TranslatorRig.ROOT + 8, 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x0A);
        rig.memory.store64(TranslatorRig.ROOT + 8, 0);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.NOWHERE | 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x09);
        rig.unit.control(new ControlState(true, TableMode.LEGACY, TranslatorRig.NOWHERE));
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x08);
    }

    @Test
    void domainIdsBeyondNdAreReserved() {
        TranslatorRig narrow =
                TranslatorRig.of(EMULATED.toBuilder().domainIdBits(8).build());
        narrow.legacy(0x10_0001, 0xFF02);
        assertThat(TranslatorRig.code(narrow.read(0))).isEqualTo(0x06);
        narrow.unit.caches().everything();
        narrow.legacy(0x10_0001, 0x1_0002);
        assertThat(TranslatorRig.code(narrow.read(0))).isEqualTo(0x0B);
    }

    /** Facts of the second stage, one entry each: level of the entry, entry, access, code or -1. */
    @ParameterizedTest
    @CsvSource({
        "1, 0x200003, READ, -1",
        "1, 0x200003, WRITE, -1",
        "1, 0x200001, WRITE, 0x05",
        "1, 0x200001, READ_WRITE, 0x05",
        "1, 0x200002, READ, 0x06",
        "1, 0x200002, READ_WRITE, 0x06",
        "1, 0x200002, WRITE, -1",
        "1, 0x200000, WRITE, 0x05",
        "1, 0x200800, READ, 0x06",
        "1, 0x200803, READ, 0x0C",
        "1, 0x200801, WRITE, 0x05",
        "1, 0x200083, READ, -1",
        "1, 0x10000000200007, READ, -1",
        "1, 0x8000000000200003, READ, -1",
        "1, 0x4000000000200003, READ, 0x0C",
        "1, 0x1000000200003, READ, 0x0C",
        "2, 0x200083, WRITE, -1",
        "2, 0x201083, WRITE, 0x0C",
        "3, 0x40000083, READ, -1",
        "3, 0x40200083, READ, 0x0C",
        "4, 0x83, READ, 0x0C",
        "2, 0x101803, READ, 0x0C",
        "4, 0x101001, WRITE, 0x05",
        "2, 0x1000000003, READ, 0x07",
        "1, 0xFEE00003, READ, 0x0E",
        "2, 0xFEE00083, WRITE, 0x0E",
        "1, 0xFEF00003, READ, -1"
    })
    void secondStageEntries(int level, String entry, Access access, String code) {
        long top = rig.legacyTable();
        rig.map(top, 0x12_3456_7000L, level, Long.parseUnsignedLong(entry.substring(2), 16));
        Translation answer = rig.unit.translate(DmaRequest.of(TranslatorRig.SID, 0x12_3456_7123L, access));
        assertThat(TranslatorRig.code(answer)).isEqualTo(Integer.decode(code));
    }

    @Test
    void largePagesNeedSslps() {
        TranslatorRig small =
                TranslatorRig.of(EMULATED.toBuilder().secondStageLargePages(1).build());
        small.map(small.legacyTable(), 0, 3, 0x83);
        assertThat(TranslatorRig.code(small.read(0))).isEqualTo(0x0C);
        assertThat(TranslatorRig.code(small.read(0x4000_0000L))).isEqualTo(0x06);
    }

    @Test
    void snoopControlMakesSnpLegalAndForcesCoherence() {
        TranslatorRig snooping =
                TranslatorRig.of(EMULATED.toBuilder().with(VtdFeature.SC).build());
        snooping.map(snooping.legacyTable(), 0, 1, 0x20_0803);
        assertThat(snooping.read(0x10)).hasToString("Ok(pa=0x200010, size=2^12, rwx, type=0xff INNER)");
    }

    @Test
    void addressesEndWhereMgawOrAwDo() {
        rig.legacyTable();
        assertThat(TranslatorRig.code(rig.read(0x0000_8000_0000_0000L))).isEqualTo(0x06);
        assertThat(TranslatorRig.code(rig.read(0x0001_0000_0000_0000L))).isEqualTo(0x04);
        assertThat(TranslatorRig.code(rig.read(-0x1000))).isEqualTo(0x04);
        TranslatorRig narrow =
                TranslatorRig.of(EMULATED.toBuilder().guestAddressWidth(39).build());
        narrow.map(narrow.legacyTable(), 0x80_0000_0000L, 1, 0x20_0003);
        assertThat(TranslatorRig.code(narrow.read(0x80_0000_0000L))).isEqualTo(0x04);
    }

    @Test
    void widthsOf39And57BitsHaveThreeAndFiveLevels() {
        TranslatorRig wide = TranslatorRig.of(EMULATED.toBuilder()
                .secondStageWidths(0xE)
                .guestAddressWidth(57)
                .build());
        long top = wide.page();
        wide.legacy(top | 1, 0x101);
        wide.mapFrom(3, top, 0x12_3456_7000L, 1, 0x20_0003);
        assertThat(TranslatorRig.pa(wide.read(0x12_3456_7123L))).isEqualTo(0x20_0123);
        assertThat(TranslatorRig.code(wide.read(1L << 39))).isEqualTo(0x04);
        wide.unit.caches().everything();
        top = wide.page();
        wide.legacy(top | 1, 0x103);
        wide.mapFrom(5, top, 0x123_4567_89AB_C000L, 1, 0x20_0003);
        assertThat(TranslatorRig.pa(wide.read(0x123_4567_89AB_C123L))).isEqualTo(0x20_0123);
        assertThat(TranslatorRig.code(wide.read(1L << 57))).isEqualTo(0x04);
    }

    @Test
    void passThroughEndsWithTheHost() {
        rig.legacy(9, 0x102);
        assertThat(rig.read(0x1234)).hasToString("Ok(pa=0x1234, size=2^12, rwx, type=0xff NON_SHAREABLE)");
        assertThat(TranslatorRig.code(rig.read(1L << 48))).isEqualTo(0x04);
        TranslatorRig without =
                TranslatorRig.of(EMULATED.toBuilder().without(VtdFeature.PT).build());
        without.legacy(9, 0x102);
        assertThat(TranslatorRig.code(without.read(0x1234))).isEqualTo(0x03);
    }

    @Test
    void requestsWithPasidAreBlocked() {
        rig.legacyTable();
        assertThat(TranslatorRig.code(rig.tagged(3, 0x1000, Access.READ))).isEqualTo(0x31);
        assertThat(rig.reports).containsExactly(new FaultReport(0x31, TranslatorRig.SID, 3, 0x1000, FaultSink.T1));
    }

    @Test
    void aRecordTellsReadsWritesAndAtomicsApart() {
        rig.legacyTable();
        for (Access access : List.of(Access.READ, Access.WRITE, Access.READ_WRITE, Access.EXECUTE)) {
            rig.unit.translate(DmaRequest.of(TranslatorRig.SID, 0x5123, access).privileged());
        }
        long t1 = FaultSink.T1;
        assertThat(rig.reports).extracting(FaultReport::attributes).containsExactly(t1, 0L, t1 | FaultSink.T2, t1);
        assertThat(rig.reports).extracting(FaultReport::info).containsOnly(0x5000L);
    }

    private static FaultResponse response() {
        return FaultResponse.ABORT;
    }
}
