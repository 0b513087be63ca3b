package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.vtd.layout.TableMode;
import org.junit.jupiter.api.Test;

/** Each deviation of a reference machine changes what its name says; the other tests show what is right. */
class DeviationTest {

    private static final VtdCapabilities EVERYTHING = VtdCapabilities.everything();

    private static TranslatorRig with(VtdDeviation first, VtdDeviation... others) {
        return TranslatorRig.deviating(EVERYTHING, first, others).scalable();
    }

    @Test
    void secondStageCodesOfLegacy() {
        TranslatorRig rig = with(VtdDeviation.SECOND_STAGE_CODES_OF_LEGACY);
        long top = rig.secondStage(0, 0);
        rig.map(top, 0x1000, 1, 0x20_0001);
        rig.map(top, 0x2000, 1, 0x4000_0000_0020_0003L);
        rig.map(top, 0x4000_0000L, 2, TranslatorRig.NOWHERE | 3);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(6);
        assertThat(TranslatorRig.code(rig.write(0x1000))).isEqualTo(5);
        assertThat(TranslatorRig.code(rig.read(0x2000))).isEqualTo(0x0C);
        assertThat(TranslatorRig.code(rig.read(0x4000_0000L))).isEqualTo(7);
        assertThat(TranslatorRig.code(rig.read(-1))).isEqualTo(4);
        rig.unit.caches().everything();
        rig.pasid(0, TranslatorRig.NOWHERE | 0x89, 1, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x7B);
    }

    @Test
    void topTableCodeOfLegacy() {
        TranslatorRig rig = with(VtdDeviation.TOP_TABLE_CODE_OF_LEGACY);
        rig.pasid(0, TranslatorRig.NOWHERE | 0x89, 1, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(3);
    }

    @Test
    void structureCodesOfLegacy() {
        TranslatorRig rig = with(VtdDeviation.STRUCTURE_CODES_OF_LEGACY);
        rig.context(TranslatorRig.DIRECTORY | 0x21, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x0B);
        rig.context(0, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x02);
        rig.memory.store64(TranslatorRig.ROOT, TranslatorRig.NOWHERE | 1);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x09);
        rig.memory.store64(TranslatorRig.ROOT, 3);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x0A);
        rig.memory.store64(TranslatorRig.ROOT, 0);
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x01);
        rig.unit.control(new ControlState(true, TableMode.SCALABLE, TranslatorRig.NOWHERE));
        assertThat(TranslatorRig.code(rig.read(0))).isEqualTo(0x08);
    }

    @Test
    void pasidEntryTypeBeforePresent() {
        assertThat(TranslatorRig.code(
                        with(VtdDeviation.PASID_ENTRY_TYPE_BEFORE_PRESENT).read(0)))
                .isEqualTo(0x5B);
    }

    @Test
    void ridPasidWithoutRps() {
        TranslatorRig rig = TranslatorRig.deviating(
                EVERYTHING.toBuilder().without(VtdFeature.RPS).build(), VtdDeviation.RID_PASID_WITHOUT_RPS);
        rig.scalable().context(TranslatorRig.DIRECTORY | 1, 5);
        rig.pasid(5, 0x10D, 1, 0);
        assertThat(TranslatorRig.pa(rig.read(0x77))).isEqualTo(0x77);
    }

    @Test
    void requestsWithoutPasidRecordOne() {
        TranslatorRig rig = with(VtdDeviation.REQUESTS_WITHOUT_PASID_RECORD_ONE);
        rig.context(TranslatorRig.DIRECTORY | 1, 5);
        rig.read(0);
        rig.unit.caches().everything();
        rig.context(0, 5);
        rig.read(0);
        assertThat(rig.reports).extracting(FaultReport::pasid).containsExactly(5, -1);
        assertThat(rig.reports.get(0).words()).containsExactly(0L, 0xC000_0559_8000_0010L);
        assertThat(rig.reports.get(1).words()).containsExactly(0L, 0xC000_0041_0000_0010L);
    }

    @Test
    void xdIgnored() {
        TranslatorRig rig = with(VtdDeviation.XD_IGNORED);
        rig.map(rig.firstStage(0, 0x22), 0x1000, 1, 0x8000_0000_0020_0067L);
        assertThat(TranslatorRig.code(rig.tagged(0, 0x1000, Access.EXECUTE))).isEqualTo(-1);
        rig.unit.caches().everything();
        rig.map(rig.firstStage(0, 0), 0x1000, 1, 0x8000_0000_0020_0067L);
        assertThat(TranslatorRig.code(rig.read(0x1000))).isEqualTo(-1);
    }

    @Test
    void passThroughUnchecked() {
        TranslatorRig rig = TranslatorRig.deviating(
                EVERYTHING.toBuilder().hostAddressWidth(46).build(), VtdDeviation.PASS_THROUGH_UNCHECKED);
        rig.scalable().pasid(0, 0x101, 1, 0);
        assertThat(TranslatorRig.pa(rig.read(1L << 46))).isEqualTo(1L << 46);
        assertThat(TranslatorRig.code(rig.read(1L << 52)))
                .as("what no answer can say")
                .isEqualTo(0x83);
        rig.unit.caches().everything();
        rig.legacy(9, 0x101);
        assertThat(TranslatorRig.pa(rig.read(1L << 46))).isEqualTo(1L << 46);
    }

    @Test
    void anyMissingPermissionIsSss2() {
        TranslatorRig rig = with(VtdDeviation.ANY_MISSING_PERMISSION_IS_SSS_2);
        long top = rig.secondStage(0, 0);
        rig.map(top, 0x1000, 1, 0x20_0001);
        rig.map(top, 0x2000, 1, 0x20_0002);
        assertThat(TranslatorRig.code(rig.write(0x1000))).isEqualTo(0x79);
        assertThat(TranslatorRig.code(rig.read(0x2000))).isEqualTo(0x79);
        assertThat(TranslatorRig.code(rig.read(-1))).isEqualTo(0x84);
    }

    @Test
    void updatesWithoutSnooping() {
        TranslatorRig rig = with(VtdDeviation.UPDATES_WITHOUT_SNOOPING);
        long top = rig.firstStage(0, 0);
        rig.pasid(0, 0x41, 1, top);
        long leaf = rig.map(top, 0x1000, 1, 0x20_0007);
        assertThat(TranslatorRig.code(rig.write(0x1000))).isEqualTo(-1);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0067);
        rig.unit.caches().everything();
        top = rig.page();
        rig.pasid(0, top | 0x289, 1, 0);
        leaf = rig.map(top, 0x1000, 1, 0x20_0003);
        assertThat(TranslatorRig.code(rig.write(0x1000))).isEqualTo(-1);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0303);
    }

    @Test
    void permissionUncheckedOnHit() {
        TranslatorRig rig = with(VtdDeviation.PERMISSION_UNCHECKED_ON_HIT);
        rig.map(rig.secondStage(0, 0), 0x1000, 1, 0x20_0001);
        assertThat(TranslatorRig.code(rig.write(0x1000))).isEqualTo(0x85);
        assertThat(TranslatorRig.code(rig.read(0x1000))).isEqualTo(-1);
        assertThat(rig.write(0x1000)).hasToString("Ok(pa=0x200000, size=2^12, r-x, type=0xff NON_SHAREABLE)");
    }

    @Test
    void faultAddressUncut() {
        TranslatorRig rig = TranslatorRig.deviating(
                EVERYTHING.toBuilder().guestAddressWidth(48).build(), VtdDeviation.FAULT_ADDRESS_UNCUT);
        rig.scalable().firstStage(0, 0);
        rig.read(0x0123_4567_89AB_CDEFL);
        assertThat(rig.reports).extracting(FaultReport::info).containsExactly(0x0123_4567_89AB_C000L);
    }

    @Test
    void invalidationAmOf6Bits() {
        TranslatorRig rig = with(VtdDeviation.INVALIDATION_AM_OF_6_BITS);
        long leaf = rig.map(rig.secondStage(0, 0), 0x1000, 1, 0x20_0003);
        rig.read(0x1000);
        rig.memory.store64(leaf, 0x30_0003);
        rig.unit.caches().iotlbPages(1, 0x7_0000_0000L, 53, false);
        assertThat(TranslatorRig.pa(rig.read(0x1000))).isEqualTo(0x20_0000);
        rig.unit.caches().iotlbPages(1, 0x7_0000_0000L, 51, false);
        assertThat(TranslatorRig.pa(rig.read(0x1000))).isEqualTo(0x30_0000);
    }
}
