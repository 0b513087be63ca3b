package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.vtd.layout.TableMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scalable mode: every code of chapter 7 with the smallest thing that causes it, and what is near it and legal. */
class ScalableFaultTest {

    private final TranslatorRig rig = TranslatorRig.everything().scalable();

    @Test
    void structuresAreCheckedFromTheRootOn() {
        rig.memory.store64(TranslatorRig.DIRECTORY, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x51);
        rig.memory.store64(TranslatorRig.DIRECTORY, 0x5005);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x52);
        rig.memory.store64(TranslatorRig.DIRECTORY, TranslatorRig.NOWHERE | 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x58);
        rig.memory.store64(TranslatorRig.DIRECTORY, TranslatorRig.PASIDS | 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x59);
        rig.unit.caches().everything();
        rig.context(TranslatorRig.NOWHERE | 1, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x50);
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x21, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x42);
        rig.context(TranslatorRig.DIRECTORY, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x41);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.NOWHERE | 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x40);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.CONTEXT | 3);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x3A);
        rig.memory.store64(TranslatorRig.ROOT, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x39);
        rig.unit.control(new ControlState(true, TableMode.SCALABLE, TranslatorRig.NOWHERE));
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x38);
    }

    @Test
    void reservedBitsFollowFromMissingCapabilities() {
        TranslatorRig plain = TranslatorRig.of(VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.PRS, VtdFeature.DT, VtdFeature.PASID, VtdFeature.SSADS, VtdFeature.SMPWCS)
                .without(VtdFeature.SC, VtdFeature.SRS, VtdFeature.ERS, VtdFeature.EAFS, VtdFeature.FS5LP)
                .build());
        plain.scalable();
        for (int bit = 2; bit <= 4; bit++) {
            plain.context(TranslatorRig.DIRECTORY | 1 | 1L << bit, 0);
            assertThat(TranslatorRig.code(plain.read(0)))
                    .as("context bit %d", bit)
                    .isEqualTo(0x42);
        }
        plain.context(TranslatorRig.DIRECTORY | 1, 0);
        long[][] entries = {
            {0x289, 1, 0},
            {0x89, 0x80_0001, 0},
            {0x89, 0x100_0001, 0},
            {0x89, 1, 1},
            {0x89, 1, 2},
            {0x89, 1, 0x80},
            {0x489, 1, 0},
            {0x89, 0x1_0001, 0},
            {0x89, 1, 0x100}
        };
        for (long[] entry : entries) {
            plain.pasid(0, entry[0], entry[1], entry[2]);
            assertThat(TranslatorRig.code(plain.read(0)))
                    .as("q0=%x q1=%x q2=%x", entry[0], entry[1], entry[2])
                    .isEqualTo(0x5A);
        }
        plain.pasid(0, 0x41, 1, 4);
        assertThat(TranslatorRig.code(plain.read(0))).isEqualTo(0x5B);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00, 0x59, all zero",
        "0x01, 0x5B, PGTT=0",
        "0x141, 0x5B, PGTT=5",
        "0x81, 0x5B, AW=0",
        "0x91, 0x5B, AW=4",
        "0x101, 0x5B, pass-through with AW=0",
        "0x109, 0x5B, pass-through with a smaller AW",
        "0x10D, -1, pass-through",
        "0x10F, -1, pass-through with FPD",
        "0xC1, 0x5B, nested with AW=0"
    })
    void pasidEntryTypes(String q0, String code, String why) {
        rig.pasid(0, Long.decode(q0), 1, 0);
        assertThat(TranslatorRig.code(rig.read(0))).as(why).isEqualTo(Integer.decode(code));
    }

    @Test
    void pasidsMustBeLetInAndFitTheDirectory() {
        rig.context(TranslatorRig.DIRECTORY | 0x409, 0);
        assertThat(TranslatorRig.code(rig.tagged(0x7FFF, 0, Access.READ))).isEqualTo(0x51);
        assertThat(TranslatorRig.code(rig.tagged(0x8000, 0, Access.READ))).isEqualTo(0x46);
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x401, 0x8000);
        assertThat(TranslatorRig.code(rig.tagged(1, 0, Access.READ))).isEqualTo(0x45);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x48);
        TranslatorRig few = TranslatorRig.of(
                        VtdCapabilities.everything().toBuilder().pasidBits(4).build())
                .scalable();
        assertThat(TranslatorRig.code(few.tagged(16, 0, Access.READ))).isEqualTo(0x46);
        assertThat(TranslatorRig.code(few.tagged(15, 0, Access.READ))).isEqualTo(0x59);
    }

    @Test
    void ridPasidCountsOnlyWithRps() {
        rig.context(TranslatorRig.DIRECTORY | 1, 5);
        rig.pasid(5, 0x10D, 1, 0);
        assertThat(TranslatorRig.pa(rig.read(0x77))).isEqualTo(0x77);
        TranslatorRig without = TranslatorRig.of(
                VtdCapabilities.everything().toBuilder().without(VtdFeature.RPS).build());
        without.scalable().context(TranslatorRig.DIRECTORY | 1, 5);
        without.pasid(5, 0x10D, 1, 0);
        assertThat(TranslatorRig.code(without.read(0x77))).isEqualTo(0x59);
    }

    @Test
    void devicesFrom16OnUseTheUpperTable() {
        rig.memory.store64(TranslatorRig.UPPER_CONTEXT + 0x7F * 32, TranslatorRig.DIRECTORY | 1);
        rig.pasid(0, 0x10D, 1, 0);
        assertThat(TranslatorRig.pa(rig.unit.translate(DmaRequest.read(0xFF, 0x10))))
                .isEqualTo(0x10);
        assertThat(TranslatorRig.code(rig.unit.translate(DmaRequest.read(0x7F, 0x10))))
                .isEqualTo(0x41);
    }

    @Test
    void executingAndSupervisingMustBeLetIn() {
        rig.map(rig.firstStage(0, 0), 0, 1, 0x20_0027);
        assertThat(TranslatorRig.code(rig.tagged(0, 0, Access.EXECUTE))).isEqualTo(0x5C);
        DmaRequest supervisor =
                DmaRequest.read(TranslatorRig.SID, 0).withSubstream(0).privileged();
        assertThat(TranslatorRig.code(rig.unit.translate(supervisor))).isEqualTo(0x5D);
        assertThat(rig.reports)
                .extracting(FaultReport::attributes)
                .containsExactly(FaultSink.T1 | FaultSink.EXECUTE, FaultSink.T1 | FaultSink.PRIVILEGED);
        assertThat(TranslatorRig.code(
                        rig.unit.translate(DmaRequest.read(TranslatorRig.SID, 0).privileged())))
                .as("a request without PASID is a user's")
                .isEqualTo(-1);
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x19, 1L << 20);
        assertThat(TranslatorRig.code(rig.read(0))).as("RID_PRIV").isEqualTo(0x5D);
    }

    /** The last entry of a 48-bit second stage, access, code or -1. */
    @ParameterizedTest
    @CsvSource({
        "1, 0x200003, READ, 0, -1", "1, 0x200000, READ, 0, 0x79", "1, 0x200004, READ, 0, 0x79",
        "1, 0x200001, WRITE, 0, 0x85", "1, 0x200002, READ, 0, 0x86", "1, 0x200003, EXECUTE, 0, -1",
        "1, 0x200003, EXECUTE, 0x20, 0x82", "1, 0x200007, EXECUTE, 0x20, -1", "1, 0x200004, READ, 0x20, 0x86",
        "1, 0x4000000000200003, READ, 0, 0x7A", "2, 0x1000000003, READ, 0, 0x78", "1, 0xFEE01003, READ, 0, 0x87"
    })
    void secondStageEntries(int level, String entry, Access access, String more, String code) {
        long top = rig.secondStage(0, Long.decode(more));
        rig.map(top, 0x12_3456_7000L, level, Long.decode(entry));
        rig.memory.store64(TranslatorRig.PASIDS + 16, 2);
        assertThat(TranslatorRig.code(rig.tagged(0, 0x12_3456_7123L, access))).isEqualTo(Integer.decode(code));
    }

    @Test
    void tablesThatAreNotMemoryAndAddressesBeyond() {
        rig.pasid(0, TranslatorRig.NOWHERE | 0x89, 1, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x7B);
        assertThat(TranslatorRig.code(rig.read(1L << 48))).isEqualTo(0x84);
        rig.unit.caches().everything();
        rig.pasid(0, 0x41, 1, TranslatorRig.NOWHERE);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x73);
        assertThat(TranslatorRig.code(rig.read(0x0000_8000_0000_0000L))).isEqualTo(0x80);
        assertThat(TranslatorRig.code(rig.read(0xFFFF_8000_0000_0000L))).isEqualTo(0x73);
        rig.unit.caches().everything();
        rig.pasid(0, 0x10D, 1, 0);
        assertThat(TranslatorRig.code(rig.read(1L << 52))).isEqualTo(0x83);
    }

    /** The last entry of a 4-level first stage, flags of the PASID entry, access, U or S, code or -1. */
    @ParameterizedTest
    @CsvSource({
        "0x200067, 0, READ, U, -1",
        "0x200066, 0, READ, U, 0x71",
        "0x200063, 0, READ, U, 0x81",
        "0x200063, 1, READ, S, -1",
        "0x200065, 0, WRITE, U, 0x85",
        "0x200065, 1, WRITE, S, -1",
        "0x200065, 0x11, WRITE, S, 0x85",
        "0x8000000000200067, 0, READ, U, 0x72",
        "0x8000000000200067, 0x20, READ, U, -1",
        "0x8000000000200067, 0x22, EXECUTE, U, 0x82",
        "0x200067, 2, EXECUTE, U, -1",
        "0x200067, 0x43, EXECUTE, S, 0x82",
        "0x200063, 0x43, EXECUTE, S, -1",
        "0x200067, 0x43, EXECUTE, U, -1",
        "0xFEE00067, 0, READ, U, 0x87",
        "0xFFE0000000200F67, 0, READ, U, 0x72",
        "0x7FF0000000200FE7, 0, READ, U, -1"
    })
    void firstStageEntries(String entry, String flags, Access access, String privilege, String code) {
        rig.map(rig.firstStage(0, Long.decode(flags)), 0x3000, 1, Long.parseUnsignedLong(entry.substring(2), 16));
        DmaRequest request = DmaRequest.of(TranslatorRig.SID, 0x3456, access).withSubstream(0);
        Translation answer = rig.unit.translate(privilege.equals("S") ? request.privileged() : request);
        assertThat(TranslatorRig.code(answer)).isEqualTo(Integer.decode(code));
    }

    @Test
    void firstStagePagesMayBeLargeAndTablesMayMiss() {
        long top = rig.firstStage(0, 0);
        rig.map(top, 0x20_0000, 2, 0x40_10E7);
        assertThat(TranslatorRig.pa(rig.read(0x21_2345))).as("bit 12 is PAT").isEqualTo(0x41_2345);
        rig.map(top, 0x60_0000, 2, 0x40_20E7);
        assertThat(TranslatorRig.code(rig.read(0x60_0000))).isEqualTo(0x72);
        rig.map(top, 0x4000_0000L, 3, 0x8000_00E7L);
        assertThat(TranslatorRig.pa(rig.read(0x4123_4567L))).isEqualTo(0x8123_4567L);
        rig.map(top, 0x80_0000, 2, TranslatorRig.NOWHERE | 0x27);
        assertThat(TranslatorRig.code(rig.read(0x80_0000))).isEqualTo(0x70);
        rig.map(top, 0xFFFF_FF80_0000_0000L, 4, 0xE7);
        assertThat(TranslatorRig.code(rig.read(0xFFFF_FF80_0000_0000L))).isEqualTo(0x72);
        long five = rig.page();
        rig.pasid(1, 0x41, 0x80_0001, five | 4);
        rig.mapFrom(5, five, 0xFF00_0000_0000_0000L, 1, 0x20_0067);
        assertThat(TranslatorRig.pa(rig.tagged(1, 0xFF00_0000_0000_0123L, Access.READ)))
                .isEqualTo(0x20_0123);
    }

    @Test
    void addressesOfInterrupts() {
        rig.secondStage(0, 0);
        assertThat(rig.write(0xFEE0_1004L)).hasToString("Ok(pa=0xfee01004, size=2^12, -w-, type=0xff NON_SHAREABLE)");
        assertThat(rig.read(0xFEE0_1004L)).hasToString("Fault(ABORT, ABORT, not recorded)");
        assertThat(rig.unit.translate(DmaRequest.of(TranslatorRig.SID, 0xFEE0_1004L, Access.READ_WRITE)))
                .hasToString("Fault(ABORT, ABORT, not recorded)");
        assertThat(TranslatorRig.code(rig.tagged(0, 0xFEE0_1004L, Access.WRITE)))
                .isEqualTo(0x87);
        assertThat(TranslatorRig.code(rig.write(0xFEF0_0000L))).isEqualTo(0x79);
        rig.mode(TableMode.ABORT);
        assertThat(TranslatorRig.pa(rig.write(0xFEE0_1004L))).isEqualTo(0xFEE0_1004L);
        assertThat(TranslatorRig.code(rig.tagged(0, 0xFEE0_1004L, Access.WRITE)))
                .isZero();
    }

    @Test
    void tableModesThatAreNotThere() {
        rig.mode(TableMode.RESERVED);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x30);
        rig.mode(TableMode.ABORT);
        assertThat(rig.read(0)).hasToString("Fault(ABORT, ABORT, not recorded)");
        TranslatorRig legacy = TranslatorRig.of(VtdCapabilities.legacy());
        assertThat(TranslatorRig.code(legacy.mode(TableMode.ABORT).read(0))).isEqualTo(0x30);
        assertThat(TranslatorRig.code(legacy.mode(TableMode.SCALABLE).read(0))).isEqualTo(0x30);
    }

    @Test
    void fpdCountsWhereverItIsSetAndForQualifiedFaultsOnly() {
        rig.context(TranslatorRig.DIRECTORY | 0x1B, 0);
        assertThat(rig.read(0)).hasToString("Fault(SPT.2, ABORT, not recorded)");
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x19, 0);
        rig.memory.store64(TranslatorRig.DIRECTORY, TranslatorRig.PASIDS | 2);
        assertThat(rig.read(0)).hasToString("Fault(SPD.2, ABORT, not recorded)");
        rig.memory.store64(TranslatorRig.DIRECTORY, TranslatorRig.PASIDS | 1);
        rig.pasid(0, 2, 0, 0);
        assertThat(rig.read(0)).hasToString("Fault(SPT.2, ABORT, not recorded)");
        rig.memory.store64(TranslatorRig.DIRECTORY, TranslatorRig.NOWHERE | 3);
        assertThat(rig.read(0)).as("SPT.1 is not qualified").hasToString("Fault(SPT.1, ABORT, recorded)");
    }

    @Test
    void sourcesAndPasidsThatCannotBeAreBlockedSilently() {
        assertThat(TranslatorRig.code(rig.unit.translate(DmaRequest.read(0x1_0000, 0))))
                .isZero();
        assertThat(rig.unit.translate(TranslatorRig.SID, 1 << 20, 0, 1)).isNegative();
        assertThat(rig.unit.translate(TranslatorRig.SID, -2, 0, 1)).isNegative();
        assertThat(rig.reports).isEmpty();
    }

    @Test
    void withoutTranslationAddressesPassAsFarAsTheyCanBeSaid() {
        rig.unit.control(ControlState.RESET);
        assertThat(rig.read(0x1234)).hasToString("Ok(pa=0x1234, size=2^63, rwx, type=0xff NON_SHAREABLE)");
        assertThat(TranslatorRig.code(rig.read(1L << 52))).isZero();
    }

    @Test
    void faultInformationEndsWithMgaw() {
        TranslatorRig narrow = TranslatorRig.of(
                VtdCapabilities.everything().toBuilder().guestAddressWidth(48).build());
        narrow.scalable().firstStage(0, 0);
        narrow.read(0x0123_4567_89AB_CDEFL);
        assertThat(narrow.reports).extracting(FaultReport::info).containsExactly(0x4567_89AB_C000L);
    }
}
