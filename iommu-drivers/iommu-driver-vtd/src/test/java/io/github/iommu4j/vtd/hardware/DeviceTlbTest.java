package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.vtd.layout.TableMode;
import org.junit.jupiter.api.Test;

/** Translation and translated requests (Intel VT-d §4.2) and page requests (§7.4). */
class DeviceTlbTest {

    private static final long IOVA = 0x3000;
    private static final long WITH_DTE = TranslatorRig.DIRECTORY | 0x1D;

    private final TranslatorRig rig = TranslatorRig.everything().scalable();

    private Translation ask(long iova, Access access) {
        return rig.unit.translate(
                DmaRequest.of(TranslatorRig.SID, iova, access).ofType(AddressType.TRANSLATION_REQUEST));
    }

    private Translation translated(long address) {
        return rig.unit.translate(DmaRequest.read(TranslatorRig.SID, address).ofType(AddressType.TRANSLATED));
    }

    @Test
    void legacyContextsLetThemInWithTtOfOne() {
        long top = rig.page();
        rig.legacy(top | 1, 0x102);
        assertThat(TranslatorRig.code(ask(IOVA, Access.READ))).isEqualTo(0x0D);
        assertThat(TranslatorRig.code(translated(0x1000))).isEqualTo(0x0D);
        rig.unit.caches().everything();
        rig.legacy(top | 5, 0x102);
        rig.map(top, IOVA, 1, 0x20_0001);
        assertThat(ask(IOVA, Access.READ_WRITE))
                .hasToString("Ok(pa=0x200000, size=2^12, r--, type=0xff NON_SHAREABLE)");
        assertThat(ask(0x4000, Access.READ)).hasToString("Ok(pa=0x0, size=2^12, ---, type=0xff NON_SHAREABLE)");
        assertThat(ask(0xFEE0_0000L, Access.READ))
                .hasToString("Ok(pa=0xfee00000, size=2^12, -w-, type=0xff NON_SHAREABLE)");
        assertThat(TranslatorRig.pa(translated(0x1234))).isEqualTo(0x1234);
        assertThat(TranslatorRig.code(translated(1L << 52))).isEqualTo(0x04);
        assertThat(TranslatorRig.code(translated(0xFEE0_0000L))).isEqualTo(0x0E);
    }

    @Test
    void scalableContextsLetThemInWithDte() {
        assertThat(TranslatorRig.code(ask(IOVA, Access.READ))).isEqualTo(0x44);
        assertThat(TranslatorRig.code(translated(0x1000))).isEqualTo(0x44);
        assertThat(rig.reports)
                .extracting(report -> report.attributes() >>> FaultSink.ADDRESS_TYPE_SHIFT & 3)
                .containsExactly(1L, 2L);
        rig.unit.caches().everything();
        rig.context(WITH_DTE, 0);
        rig.pasid(0, 0x10D, 1, 0);
        assertThat(ask(IOVA, Access.READ)).hasToString("Ok(pa=0x3000, size=2^12, rw-, type=0xff NON_SHAREABLE)");
        assertThat(TranslatorRig.code(translated(1L << 52))).isEqualTo(0x83);
        assertThat(TranslatorRig.code(translated(0xFEEF_F000L))).isEqualTo(0x87);
        DmaRequest tagged = DmaRequest.read(TranslatorRig.SID, 0xFEE0_0000L)
                .withSubstream(0)
                .ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(rig.unit.translate(tagged))
                .hasToString("Ok(pa=0xfee00000, size=2^12, ---, type=0xff NON_SHAREABLE)");
    }

    @Test
    void structuresThatFaultStayFaults() {
        rig.context(WITH_DTE, 0);
        assertThat(ask(IOVA, Access.READ)).hasToString("Fault(SPT.2, UNSUPPORTED_REQUEST, recorded)");
        rig.pasid(0, TranslatorRig.NOWHERE | 0x89, 1, 0);
        assertThat(TranslatorRig.code(ask(IOVA, Access.READ))).isEqualTo(0x7B);
        assertThat(ask(1L << 48, Access.READ).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void writeIsGivenOnceTheEntryIsDirty() {
        rig.context(WITH_DTE, 0);
        long leaf = rig.map(rig.firstStage(0, 0), IOVA, 1, 0x20_0007);
        assertThat(ask(IOVA, Access.READ)).as("NW=1").hasToString(ok("r--"));
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0027);
        assertThat(ask(IOVA, Access.WRITE)).hasToString(ok("rw-"));
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0067);
        assertThat(ask(IOVA, Access.READ)).hasToString(ok("rw-"));
    }

    @Test
    void withoutNwfsEveryTranslationRequestMakesTheEntryDirty() {
        TranslatorRig plain = TranslatorRig.of(VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.NWFS)
                .build());
        plain.scalable().context(WITH_DTE, 0);
        long top = plain.firstStage(0, 0);
        long leaf = plain.map(top, IOVA, 1, 0x20_0007);
        DmaRequest request = DmaRequest.read(TranslatorRig.SID, IOVA).ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(plain.unit.translate(request)).hasToString(ok("rw-"));
        assertThat(plain.memory.load64(leaf)).isEqualTo(0x20_0067);
        plain.unit.caches().everything();
        plain.pasid(0, 0x41, 1, top);
        plain.memory.store64(leaf, 0x20_0027);
        assertThat(TranslatorRig.code(plain.unit.translate(request)))
                .as("D cannot be set")
                .isEqualTo(0x90);
    }

    @Test
    void executeIsGivenWhereItWasAskedFor() {
        rig.context(WITH_DTE, 0);
        rig.map(rig.firstStage(0, 2), IOVA, 1, 0x20_0067);
        DmaRequest request = DmaRequest.of(TranslatorRig.SID, IOVA, Access.EXECUTE)
                .withSubstream(0)
                .ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(rig.unit.translate(request)).hasToString(ok("rwx"));
    }

    @Test
    void withoutTranslationDeviceTlbsGetNothing() {
        rig.unit.control(ControlState.RESET);
        assertThat(TranslatorRig.code(ask(IOVA, Access.READ))).isZero();
        assertThat(TranslatorRig.code(translated(IOVA))).isZero();
        assertThat(rig.unit.translate(TranslatorRig.SID, -1, IOVA, 1 | 3 << 4))
                .as("AT=11b")
                .isPositive();
        assertThat(rig.reports).isEmpty();
    }

    @Test
    void pageRequestsNeedScalableModeAndPre() {
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isZero();
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, -1, IOVA)).isZero();
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x9, 0);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA + 0x123))
                .isEqualTo(0x47);
        assertThat(rig.reports).containsExactly(new FaultReport(0x47, TranslatorRig.SID, 0, IOVA, FaultSink.T2));
        rig.unit.caches().everything();
        rig.context(TranslatorRig.DIRECTORY | 0x11, 0);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isEqualTo(0x45);
        rig.unit.caches().everything();
        rig.context(0, 0);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isEqualTo(0x41);
        rig.mode(TableMode.LEGACY);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isEqualTo(0x32);
        rig.mode(TableMode.RESERVED);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isEqualTo(0x30);
        rig.reports.clear();
        rig.mode(TableMode.ABORT);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isPositive();
        rig.unit.control(ControlState.RESET);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 0, IOVA)).isPositive();
        assertThat(rig.unit.admitPageRequest(1 << 16, 0, IOVA)).isPositive();
        assertThat(rig.reports).isEmpty();
    }

    @Test
    void aPageRequestForgetsItsPage() {
        long top = rig.firstStage(3, 0);
        long leaf = rig.map(top, IOVA, 1, 0x20_0067);
        long other = rig.map(top, IOVA + 0x1000, 1, 0x20_1067);
        rig.tagged(3, IOVA, Access.READ);
        rig.tagged(3, IOVA + 0x1000, Access.READ);
        rig.memory.store64(leaf, 0x30_0067);
        rig.memory.store64(other, 0x30_1067);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 3, IOVA)).isZero();
        assertThat(TranslatorRig.pa(rig.tagged(3, IOVA, Access.READ))).isEqualTo(0x30_0000);
        assertThat(TranslatorRig.pa(rig.tagged(3, IOVA + 0x1000, Access.READ))).isEqualTo(0x20_1000);
        assertThat(rig.unit.admitPageRequest(TranslatorRig.SID, 4, IOVA))
                .as("nothing there yet")
                .isZero();
    }

    private static String ok(String rights) {
        return "Ok(pa=0x200000, size=2^12, " + rights + ", type=0xff NON_SHAREABLE)";
    }
}
