package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Stage 1 over stage 2 (IHI 0070 §3.3.2, §7.3.13-16): guest memory at IPA 0x3000_0000 is RAM at 0x4800_0000, page by
 * page.
 */
class NestedTest {

    private static final long IPA = 0x3000_0000L;
    private static final long RAM = 0x4800_0000L;
    private static final long CONTEXT = IPA + 0x1000;
    private static final long ROOT = IPA + 0x2000;
    private static final long LEAF2 = IPA + 0x3000;
    private static final long LEAF3 = IPA + 0x4000;
    private static final long DATA = IPA + 0x5000;
    private static final long S2_DEVICE = 0x7C3;
    private static final long S2_READ_ONLY = 0x77F;
    private static final long S2_WRITE_ONLY = 0x7BF;
    private static final long S2_NO_ACCESS_FLAG = 0x3FF;
    private static final long VA = 0x1000;

    private final Guest guest = new Guest();
    private final long stage2 = guest.table();

    @BeforeEach
    void guestMemoryIsMapped() {
        for (long page = 0; page < 0x10_000; page += 0x1000) {
            mapIpa(IPA + page, Guest.PAGE2);
        }
        guest.stream(Guest.STREAM, ste());
        context(Words.context(ROOT));
        guest.entry(ram(ROOT), 0, LEAF2 | Guest.TABLE);
        guest.entry(ram(LEAF2), 0, LEAF3 | Guest.TABLE);
        guest.entry(ram(LEAF3), 1, DATA | Guest.PAGE);
    }

    private Words ste() {
        return Words.nested(CONTEXT, stage2);
    }

    private void context(Words cd) {
        cd.cd().writeTo(guest.memory, ram(CONTEXT));
    }

    private static long ram(long ipa) {
        return ipa - IPA + RAM;
    }

    private void mapIpa(long ipa, long attributes) {
        guest.map(stage2, 1, ipa, attributes == 0 ? 0 : ram(ipa) | attributes);
    }

    private void expectStage2(EventRecord record, int eventClass, long ipaPage) {
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(eventClass);
        assertThat(record.dw3()).isEqualTo(ipaPage);
        assertThat(record.inputAddress()).isEqualTo(VA | 0x10);
        assertThat(record.ttrnw())
                .isEqualTo(record.number() == EventType.F_PERMISSION.number() && eventClass == EventRecord.CLASS_TT);
    }

    @Test
    void bothStagesTranslate() {
        guest.expectPa(VA | 0x10, ram(DATA) | 0x10);
    }

    @Test
    void aContextThatStageTwoDoesNotMapIsAFaultOfClassCd() {
        mapIpa(CONTEXT, 0);
        expectStage2(guest.fault(VA | 0x10, EventType.F_TRANSLATION), EventRecord.CLASS_CD, CONTEXT);
        mapIpa(CONTEXT, S2_NO_ACCESS_FLAG);
        expectStage2(guest.fault(VA | 0x10, EventType.F_ACCESS), EventRecord.CLASS_CD, CONTEXT);
        mapIpa(CONTEXT, S2_WRITE_ONLY);
        expectStage2(guest.fault(VA | 0x10, EventType.F_PERMISSION), EventRecord.CLASS_CD, CONTEXT);
    }

    @Test
    void aTableThatStageTwoDoesNotMapIsAFaultOfClassTt() {
        mapIpa(LEAF2, 0);
        expectStage2(guest.fault(VA | 0x10, EventType.F_TRANSLATION), EventRecord.CLASS_TT, LEAF2);
        mapIpa(LEAF2, S2_WRITE_ONLY);
        DmaRequest write = DmaRequest.write(Guest.STREAM, VA | 0x10);
        EventRecord record = guest.fault(write, EventType.F_PERMISSION);
        expectStage2(record, EventRecord.CLASS_TT, LEAF2);
        assertThat(record.rnw()).isFalse();
    }

    @Test
    void theFinalAddressIsOfClassIn() {
        mapIpa(DATA, 0);
        expectStage2(guest.fault(VA | 0x10, EventType.F_TRANSLATION), EventRecord.CLASS_IN, DATA);
        mapIpa(DATA, S2_READ_ONLY);
        DmaRequest write = DmaRequest.write(Guest.STREAM, VA | 0x10);
        expectStage2(guest.fault(write, EventType.F_PERMISSION), EventRecord.CLASS_IN, DATA);
        guest.expectPa(VA, ram(DATA));
    }

    @Test
    void aTableBeyondStageTwosInputHasNoTranslation() {
        context(Words.context(1L << 40));
        expectStage2(guest.fault(VA | 0x10, EventType.F_TRANSLATION), EventRecord.CLASS_TT, 1L << 40);
    }

    @Test
    void stageOnePermissionComesBeforeStageTwo() {
        guest.entry(ram(LEAF3), 1, 0x20_0000_0000L | Guest.PAGE | 1 << 7);
        EventRecord record = guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.dw3()).isZero();
    }

    @Test
    void stageOneFaultsFollowTheContextAndStageTwoFaultsTheEntry() {
        context(Words.context(ROOT).set(0, ContextDescriptor.A, 0).set(0, ContextDescriptor.R, 0));
        assertThat(guest.read(0x2000))
                .isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", FaultResponse.RAZ_WI, false));
        mapIpa(DATA, 0);
        guest.fault(VA, EventType.F_TRANSLATION);
        guest.stream(Guest.STREAM, ste().set(2, StreamTableEntry.S2R, 0));
        assertThat(guest.read(VA)).isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", FaultResponse.ABORT, false));
    }

    @Test
    void anAbortedStageOneDescriptorShowsItsPhysicalAddress() {
        guest.map(stage2, 1, LEAF3, 0x9000_0000L | Guest.PAGE2);
        EventRecord record = guest.fault(VA, EventType.F_WALK_EABT);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(record.fetchAddress()).isEqualTo(0x9000_0008L);
    }

    @Test
    void anAbortedStageTwoDescriptorHasTheClassOfItsPurpose() {
        guest.entry(stage2, 0, 0x9000_0000L | Guest.TABLE);
        EventRecord record = guest.fault(VA, EventType.F_WALK_EABT);
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_CD);
        assertThat(record.fetchAddress()).isEqualTo(0x9000_0000L + (IPA >>> 21) * 8);
    }

    @Test
    void anAbortedContextShowsItsPhysicalAddress() {
        guest.map(stage2, 1, CONTEXT, 0x9000_0000L | Guest.PAGE2);
        assertThat(guest.fault(VA, EventType.F_CD_FETCH).dw3()).isEqualTo(0x9000_0000L);
    }

    @Test
    void protectedWalksRefuseTablesInDeviceMemory() {
        mapIpa(LEAF3, S2_DEVICE);
        guest.expectPa(VA, ram(DATA));
        guest.stream(Guest.STREAM, ste().set(2, StreamTableEntry.S2PTW, 1));
        expectStage2(guest.fault(VA | 0x10, EventType.F_PERMISSION), EventRecord.CLASS_TT, LEAF3);
        mapIpa(LEAF3, Guest.PAGE2);
        mapIpa(CONTEXT, S2_DEVICE);
        expectStage2(guest.fault(VA | 0x10, EventType.F_PERMISSION), EventRecord.CLASS_CD, CONTEXT);
    }

    @Test
    void theSmallerSizeIsTheEntrysSize() {
        guest.entry(ram(LEAF2), 1, IPA | Guest.BLOCK);
        Translation.Ok small = (Translation.Ok) guest.read(0x20_5678L);
        assertThat(small.sizeLg2()).isEqualTo(12);
        assertThat(small.pa()).isEqualTo(ram(DATA) | 0x678);
        guest.map(stage2, 1, 2, 0x8000_0000L, 0x5000_0000L | Guest.BLOCK2);
        guest.entry(ram(LEAF3), 2, 0x8001_2000L | Guest.PAGE);
        Translation.Ok large = (Translation.Ok) guest.read(0x2345);
        assertThat(large.sizeLg2()).isEqualTo(12);
        assertThat(large.pa()).isEqualTo(0x5001_2345L);
    }

    @Test
    void permissionsAreThoseBothStagesGive() {
        mapIpa(DATA, S2_READ_ONLY | 2L << 53);
        assertThat(((Translation.Ok) guest.read(VA)).permissions()).isEqualTo(1);
    }

    @Test
    void aBypassedStageOneLeavesStageTwo() {
        guest.stream(Guest.STREAM, ste().set(0, StreamTableEntry.S1CDMAX, 1).set(1, StreamTableEntry.S1DSS, 1));
        guest.expectPa(DATA | 0x10, ram(DATA) | 0x10);
        guest.fault(1L << 52, EventType.F_ADDR_SIZE);
    }
}
