package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.core.memory.ForetoldMemory;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExplanationTest {

    private final TranslatorRig rig = TranslatorRig.everything();

    private Explanation explain(long iova) {
        return rig.unit.explain(DmaRequest.read(TranslatorRig.SID, iova));
    }

    private static List<String> roles(Explanation explanation) {
        return explanation.fetches().stream().map(Explanation.Fetch::role).toList();
    }

    @Test
    void aLegacyTranslationIsToldLevelByLevel() {
        rig.map(rig.legacyTable(), 0x1000, 1, 0x20_0003);
        Explanation told = explain(0x1234);
        assertThat(roles(told)).containsExactly("ROOT", "CTX", "SS L4", "SS L3", "SS L2", "SS L1");
        assertThat(told.toText())
                .contains("  1  ROOT   0x000000001000  0000000000002001 0000000000000000 P=0x1 CTP=0x2000")
                .contains("TT=0x0 SSPTPTR=0x100000 AW=0x2 DID=0x1")
                .contains("R=0x1 W=0x1 X=0x0 A=0x0 D=0x0 SNP=0x0  -> page of 2^12 bytes at 0x200000")
                .endsWith("=> Ok(pa=0x200234, size=2^12, rwx, type=0xff NON_SHAREABLE)  permitted (§3.6-3.8)\n");
        assertThat(told.event()).isEmpty();
    }

    @Test
    void nestedWalksAreIndentedUnderTheEntryTheyAreFor() {
        rig.scalable();
        long second = rig.page();
        rig.pasid(0, second | 0xC9, 0x80_0001, 0x8000_0000L);
        rig.map(second, 0x8000_0000L, 2, 0x200_0083);
        rig.memory.store64(0x200_0000, 0xC000_00E7L);
        Explanation told = explain(0);
        assertThat(roles(told))
                .containsExactly("ROOT", "CTX", "PDIR", "PASID", "  SS L4", "  SS L3", "  SS L2", "FS L4");
        assertThat(told.fetches().get(4).purpose()).isEqualTo("address 0x80000000 of the FS L4 entry");
        assertThat(told.fetches().get(7).purpose()).isEmpty();
        assertThat(told.toText())
                .contains("-> page of 2^39 bytes at 0x0: SFS.3")
                .contains("PGTT=0x3");
        rig.memory.store64(0x200_0000, 0x8000_1027L);
        rig.memory.store64(0x200_1000, 0xC000_00E7L);
        told = explain(0);
        assertThat(told.fetches()).last().satisfies(fetch -> {
            assertThat(fetch.purpose()).isEqualTo("address 0xc0000000 of the access");
            assertThat(fetch.decision()).isEqualTo("not present: SSS.2");
        });
    }

    @Test
    void aFaultShowsItsRecordAndWhatSilencesIt() {
        rig.scalable();
        Explanation told = explain(0x5123);
        assertThat(told.result()).hasToString("Fault(SPT.2, ABORT, recorded)");
        assertThat(told.event()).containsExactly(0x5000L, 0xC000_0059_0000_0010L);
        assertThat(told.conclusion()).isEqualTo("SPT.2: P=0 in the PASID table entry (§7.1)");
        rig.context(TranslatorRig.DIRECTORY | 0x1B, 0);
        assertThat(explain(0).conclusion()).endsWith("; FPD=1: not recorded");
        assertThat(rig.reports).isEmpty();
        rig.context(TranslatorRig.NOWHERE | 1, 0);
        assertThat(explain(0).fetches()).last().satisfies(fetch -> {
            assertThat(fetch.raw()).isEmpty();
            assertThat(fetch.decision()).isEqualTo("no answer: SPD.1");
        });
        rig.memory.store64(TranslatorRig.ROOT, 0);
        assertThat(explain(0).fetches()).hasSize(1);
    }

    @Test
    void tablesThatDoNotAnswerAreTold() {
        rig.scalable().pasid(0, 0x41, 1, TranslatorRig.NOWHERE);
        assertThat(roles(explain(0))).endsWith("FS L4");
        rig.pasid(0, TranslatorRig.NOWHERE | 0x89, 1, 0);
        assertThat(roles(explain(0))).endsWith("SS L4");
        rig.pasid(0, TranslatorRig.NOWHERE | 0xC9, 1, 0);
        assertThat(roles(explain(0))).endsWith("  SS L4");
        rig.pasid(0, 0x41, 1, 0x20_0000);
        assertThat(explain(0).fetches().get(4).decision()).isEqualTo("not present: SFS.2");
    }

    @Test
    void whatIsNotLookedUpIsSaid() {
        assertThat(explain(0x1000).conclusion()).isEqualTo("TES=0: not translated (§11.4.5)");
        rig.mode(TableMode.LEGACY);
        assertThat(rig.unit
                        .explain(DmaRequest.write(TranslatorRig.SID, 0xFEE0_0000L))
                        .conclusion())
                .isEqualTo("the interrupt range is not remapped (§3.14)");
        assertThat(explain(0xFEE0_0000L).conclusion()).isEqualTo("blocked without a record (§3.14, §7.1)");
    }

    @Test
    void aRecordThatWouldNotBeWrittenIsNotPromised() {
        FaultSink full = new FaultSink() {
            @Override
            public boolean report(int reason, int sid, int pasid, long info, long attributes) {
                return false;
            }

            @Override
            public boolean wouldReport(int sid) {
                return false;
            }
        };
        Unit unit = new Unit(rig.capabilities, new Deviations(Set.of()));
        Translator translator = new Translator(rig.memory, unit, full, CacheGeometry.DEFAULT);
        translator.control(new ControlState(true, TableMode.LEGACY, TranslatorRig.ROOT));
        DmaRequest request = DmaRequest.read(TranslatorRig.SID, 0);
        assertThat(translator.explain(request).result())
                .isEqualTo(translator.translate(request))
                .hasToString("Fault(LRT.2, ABORT, not recorded)");
        assertThat(translator.explain(request).event()).isEmpty();
    }

    @Test
    void anExplanationCannotStore() {
        ForetoldMemory memory = new ForetoldMemory(rig.memory);
        rig.memory.store64(0x40, 0x1_0000_0002L);
        assertThat(memory.load32(0x44)).isEqualTo(1);
        assertThat(memory.compareAndSet64(0x40, 0x1_0000_0002L, 3)).isTrue();
        assertThat(memory.compareAndSet64(0x40, 7, 3)).isFalse();
        assertThat(memory.load64(0x40)).isEqualTo(3);
        assertThat(memory.load32(0x40)).isEqualTo(3);
        assertThat(memory.load32(0x44)).isZero();
        assertThat(rig.memory.load64(0x40)).as("the memory itself").isEqualTo(0x1_0000_0002L);
        assertThatThrownBy(() -> memory.store64(0x40, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("0x40");
        assertThatThrownBy(() -> memory.store32(0x40, 1)).isInstanceOf(AssertionError.class);
    }
}
