package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;

class FaultRecordingTest {

    private static final int PFO = 1;

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    @Test
    void aFaultFillsARecordAndIsPending() {
        long attributes = FaultSink.T1 | FaultSink.PRIVILEGED | FaultSink.EXECUTE | 2L << FaultSink.ADDRESS_TYPE_SHIFT;
        assertThat(rig.translation.faults.report(0x71, 0x38, 0x12345, 0x1234_5678L, attributes))
                .isTrue();
        FaultRecord record = rig.fault(0);
        assertThat(record.high()).isEqualTo(0xE123_4571_E000_0038L);
        assertThat(record.low()).isEqualTo(0x1234_5000L);
        assertThat(rig.status()).isEqualTo(RegisterRig.PPF);
        assertThat(rig.fault(1).isFull()).isFalse();
    }

    @Test
    void aRequestWithoutPasidRecordsNone() {
        rig.report(6, 0x31);
        assertThat(rig.fault(0).hasPasid()).isFalse();
        assertThat(rig.fault(0).pasid()).isZero();
    }

    @Test
    void theInformationIsRecordedAsItIsReportedButForTheOffsetInThePage() {
        rig.translation.faults.report(0x21, 1, -1, 0x8017_0000_0000_0FFFL, 0);
        assertThat(rig.fault(0).low()).isEqualTo(0x8017_0000_0000_0000L);
        assertThat(rig.fault(0).interruptIndex()).isEqualTo(0x8017);
    }

    @Test
    void theFirstPendingRecordIsNamedAndStays() {
        rig.report(5, 1);
        rig.free(0);
        rig.report(5, 2);
        rig.report(5, 3);
        assertThat(rig.status()).isEqualTo(0x100 | RegisterRig.PPF);
        rig.free(1);
        assertThat(rig.status()).isEqualTo(0x100 | RegisterRig.PPF);
        rig.write(VtdRegister.FSTS, RegisterRig.PPF | 0x100);
        assertThat(rig.status()).isEqualTo(0x100 | RegisterRig.PPF);
        rig.free(2);
        assertThat(rig.status() & RegisterRig.PPF).isZero();
    }

    @Test
    void aSourceThatHasARecordIsCollapsed() {
        RegisterRig one = RegisterRig.of(Units.PLAIN);
        assertThat(one.report(5, 1)).isTrue();
        assertThat(one.report(6, 1)).isFalse();
        assertThat(one.status()).isEqualTo(RegisterRig.PPF);
        assertThat(one.report(6, 2)).isFalse();
        assertThat(one.status()).isEqualTo(RegisterRig.PPF | PFO);
        assertThat(one.vtd.counters().faults()).isEqualTo(new VtdCounters.Faults(1, 1, 1));
    }

    @Test
    void aUnitMayGiveEveryFaultARecord() {
        RegisterRig every = RegisterRig.withoutCollapsing(Units.FULL);
        for (int i = 0; i < 8; i++) {
            assertThat(every.report(5, 1)).isTrue();
        }
        assertThat(every.report(5, 1)).isFalse();
        assertThat(every.status()).isEqualTo(RegisterRig.PPF | PFO);
    }

    @Test
    void afterAnOverflowNothingIsRecordedUntilItIsCleared() {
        for (int sid = 0; sid < 9; sid++) {
            rig.report(5, sid);
        }
        assertThat(rig.status()).isEqualTo(RegisterRig.PPF | PFO);
        for (int i = 0; i < 8; i++) {
            rig.free(i);
        }
        assertThat(rig.status()).isEqualTo(PFO);
        assertThat(rig.report(5, 20)).isFalse();
        rig.write(VtdRegister.FSTS, PFO);
        assertThat(rig.status()).isZero();
        assertThat(rig.report(5, 20)).isTrue();
        assertThat(rig.fault(0).sid()).isEqualTo(20);
    }

    @Test
    void onlyTheLastDwordFreesARecord() {
        rig.report(5, 1);
        long at = rig.offset(VtdRegister.FRCD_LOW);
        rig.vtd.registers().write(at, 8, -1L);
        rig.vtd.registers().write(at, 4, -1L);
        rig.vtd.registers().write(at + 8, 4, -1L);
        rig.vtd.registers().write(at + 12, 4, 0x7FFF_FFFFL);
        assertThat(rig.fault(0).isFull()).isTrue();
        rig.vtd.registers().write(at + 8, 8, 1L << 63);
        assertThat(rig.fault(0)).isEqualTo(new FaultRecord(0x1000, 0x5_0000_0001L));
    }
}
