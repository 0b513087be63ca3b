package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;

/** ATS transactions at an SMMU without ATS (IHI 0070 §3.9.1). */
class AtsTransactionTest {

    private static final DmaRequest ASKING = DmaRequest.of(Guest.STREAM, 0x1234_5678L, Access.WRITE)
            .withSubstream(4)
            .privileged()
            .ofType(AddressType.TRANSLATION_REQUEST);
    private static final DmaRequest TRANSLATED =
            DmaRequest.read(Guest.STREAM, 0x1234_5678L).withSubstream(4).ofType(AddressType.TRANSLATED);

    private final Guest guest = new Guest(
            Smmuv3Capabilities.everything().toBuilder()
                    .set(IdField.PRI, 0)
                    .set(IdField.ATS, 0)
                    .build(),
            CacheGeometry.OFF);

    private void config(int config) {
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(0, StreamTableEntry.CONFIG, config));
    }

    @Test
    void aTranslationRequestIsRefusedWithWhatItAskedFor() {
        config(StreamTableEntry.CONFIG_STAGE1);
        EventRecord record = guest.fault(ASKING, EventType.F_BAD_ATS_TREQ);
        assertThat(record.dw1()).isEqualTo(0x5000_0000L);
        assertThat(record.inputAddress()).isEqualTo(0x1234_5000L);
        assertThat(record.substreamId()).isEqualTo(4);
        config(StreamTableEntry.CONFIG_BYPASS);
        guest.fault(ASKING, EventType.F_BAD_ATS_TREQ);
    }

    @Test
    void aTranslationRequestWhileDisabledIsRecorded() {
        guest.control(new ControlState(false, false, false, false, false, 0, 0, 0));
        guest.fault(ASKING, EventType.F_BAD_ATS_TREQ);
    }

    @Test
    void aTranslationRequestOfAnAbortingStreamIsSilent() {
        config(0);
        assertThat(guest.of(ASKING).toString()).isEqualTo("Fault(ABORT, UNSUPPORTED_REQUEST, not recorded)");
    }

    @Test
    void configurationErrorsOfRequestsAreRecordedOnlyWhereAskedFor() {
        assertThat(guest.of(ASKING).toString()).isEqualTo("Fault(C_BAD_STE, COMPLETER_ABORT, not recorded)");
        guest.control(new ControlState(true, false, true, false, true, 0, Guest.STREAMS, 8));
        guest.fault(ASKING, EventType.C_BAD_STE);
    }

    @Test
    void aTranslatedTransactionPassesNothingWithoutAts() {
        config(StreamTableEntry.CONFIG_STAGE1);
        EventRecord record = guest.fault(TRANSLATED, EventType.F_TRANSL_FORBIDDEN);
        assertThat(record.rnw()).isTrue();
        assertThat(record.ssv()).isFalse();
        assertThat(record.inputAddress()).isEqualTo(0x1234_5678L);
        guest.control(new ControlState(false, false, false, false, false, 0, 0, 0));
        guest.fault(TRANSLATED, EventType.F_TRANSL_FORBIDDEN);
    }
}
