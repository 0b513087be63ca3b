package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Explanations: every read in order, and the record that would be written. */
class ExplanationTest {

    private static final long VA = 0x12_3456_7000L;
    private static final long LEVEL2_STREAMS = Guest.RAM + 0x20_0000;
    private static final long CONTEXT_LEAF = Guest.RAM + 0x30_0000;
    private static final long DATA = Guest.RAM + 0x80_0000;
    private static final int SUBSTREAM = 0x41;

    private final Guest guest = new Guest();
    private final long stage2 = guest.table();

    /** Two-level stream and CD tables, four levels of each stage, all guest memory mapped one to one by pages. */
    private DmaRequest nested() {
        guest.control(new ControlState(true, false, true, false, false, 0, Guest.STREAMS, 1 << 16 | 8 << 6 | 16));
        guest.memory.store64(Guest.STREAMS, LEVEL2_STREAMS | 9);
        Words.nested(Guest.CONTEXTS, stage2)
                .set(0, StreamTableEntry.S1CDMAX, 8)
                .set(0, StreamTableEntry.S1FMT, 1)
                .set(2, StreamTableEntry.S2T0SZ, 16)
                .set(2, StreamTableEntry.S2SL0, 2)
                .ste()
                .writeTo(guest.memory, LEVEL2_STREAMS + Guest.STREAM * 64L);
        guest.memory.store64(Guest.CONTEXTS + 8, CONTEXT_LEAF | 1);
        long stage1 = guest.table();
        Words.context(stage1).set(0, ContextDescriptor.T0SZ, 16).cd().writeTo(guest.memory, CONTEXT_LEAF + 64);
        guest.map(stage1, 0, VA, DATA | Guest.PAGE);
        for (long page : List.of(Guest.CONTEXTS, CONTEXT_LEAF, DATA)) {
            guest.map(stage2, 0, page, page | Guest.PAGE2);
        }
        for (long page = stage1; page < stage1 + 0x4000; page += 0x1000) {
            guest.map(stage2, 0, page, page | Guest.PAGE2);
        }
        return DmaRequest.read(Guest.STREAM, VA | 8).withSubstream(SUBSTREAM);
    }

    @Test
    void aColdNestedTranslationIsThirtySixFetches() {
        Explanation explanation = guest.smmu.explain(nested());
        assertThat(explanation.result()).isInstanceOf(Translation.Ok.class);
        assertThat(((Translation.Ok) explanation.result()).pa()).isEqualTo(DATA | 8);
        List<String> expected = new ArrayList<>(List.of("L1STD", "STE"));
        List<String> walk = List.of("S2 L0", "S2 L1", "S2 L2", "S2 L3");
        for (String role : List.of("L1CD", "CD", "S1 L0", "S1 L1", "S1 L2", "S1 L3")) {
            expected.addAll(walk);
            expected.add(role);
        }
        expected.addAll(walk);
        assertThat(expected).hasSize(36);
        assertThat(explanation.fetches()).extracting(Fetch::role).isEqualTo(expected);
    }

    @Test
    void stageTwoFetchesSayWhatTheyAreFor() {
        Explanation explanation = guest.smmu.explain(nested());
        List<Fetch> fetches = explanation.fetches();
        assertThat(fetches.get(2).purpose()).isEqualTo("IPA 0x40100008 of L1CD");
        assertThat(fetches.get(7).purpose()).isEqualTo("IPA 0x40300040 of CD");
        assertThat(fetches.get(12).purpose()).endsWith("of S1 L0 descriptor");
        assertThat(fetches.get(35).purpose()).isEqualTo("IPA 0x40800008 of the access");
        assertThat(fetches.get(35).decision()).isEqualTo("page of 2^12 bytes at 0x40800000");
        assertThat(fetches.get(1).raw()).hasSize(8);
    }

    @Test
    void theCountersCountWhatAnExplanationLists() {
        DmaRequest request = nested();
        assertThat(guest.of(request).kind()).isEqualTo(Translation.Kind.OK);
        assertThat(guest.smmu.counters().structureFetches()).isEqualTo(4);
        assertThat(guest.smmu.counters().descriptorFetches()).isEqualTo(32);
    }

    @Test
    void aFaultCarriesTheRecordThatATranslationWrites() {
        DmaRequest request = nested();
        guest.memory.store64(stage2, 0);
        Explanation explanation = guest.smmu.explain(request);
        assertThat(guest.events).isEmpty();
        assertThat(explanation.result()).isEqualTo(guest.of(request));
        var written = guest.events.get(0);
        assertThat(explanation.event()).containsExactly(written.dw0(), written.dw1(), written.dw2(), written.dw3());
        assertThat(explanation.conclusion())
                .contains("F_TRANSLATION at stage 2 CLASS=CD")
                .contains("\u00a7");
    }

    @Test
    void anIllegalStructureIsNamedWithItsRule() {
        guest.stream(Guest.STREAM, Words.stage2(guest.table()).set(2, StreamTableEntry.S2TG, 3));
        Explanation explanation = guest.smmu.explain(DmaRequest.read(Guest.STREAM, 0));
        assertThat(explanation.conclusion()).contains("C_BAD_STE").contains(SteRule.STAGE2_GRANULE.text());
        guest.stage1(Words.context(guest.table()).set(0, ContextDescriptor.TG0, 3));
        explanation = guest.smmu.explain(DmaRequest.read(Guest.STREAM, 0));
        assertThat(explanation.conclusion()).contains("C_BAD_CD").contains(CdRule.GRANULE.text());
    }

    @Test
    void aReadTheBusDoesNotAnswerIsListedWithoutWords() {
        guest.stage1(Words.context(0x9000_0000L));
        Explanation explanation = guest.smmu.explain(DmaRequest.read(Guest.STREAM, 0x1000));
        Fetch last = explanation.fetches().get(2);
        assertThat(last.role()).isEqualTo("S1 L1");
        assertThat(last.address()).isEqualTo(0x9000_0000L);
        assertThat(last.raw()).isEmpty();
        assertThat(last.decision()).isEqualTo("external abort: F_WALK_EABT");
    }

    @Test
    void aSilentFaultHasNoRecord() {
        guest.stage1(Words.context(guest.table()).set(0, ContextDescriptor.R, 0));
        Explanation explanation = guest.smmu.explain(DmaRequest.read(Guest.STREAM, 0x1000));
        assertThat(explanation.event()).isEmpty();
        assertThat(explanation.conclusion()).endsWith("not recorded");
        assertThat(((Translation.Fault) explanation.result()).code()).isEqualTo(EventType.F_TRANSLATION.number());
    }

    @Test
    void anExplanationUsesAndFillsNoCache() {
        Guest cached = Guest.cached();
        long table = cached.table();
        cached.stage1(Words.context(table));
        cached.map(table, 1, 0x1000, 0x5000_0000L | Guest.PAGE);
        cached.expectPa(0x1000, 0x5000_0000L);
        cached.map(table, 1, 0x1000, 0x6000_0000L | Guest.PAGE);
        Smmuv3Counters before = cached.smmu.counters();
        Explanation explanation = cached.smmu.explain(DmaRequest.read(Guest.STREAM, 0x1000));
        assertThat(((Translation.Ok) explanation.result()).pa()).isEqualTo(0x6000_0000L);
        assertThat(cached.smmu.counters()).isEqualTo(before);
        cached.expectPa(0x1000, 0x5000_0000L);
    }
}
