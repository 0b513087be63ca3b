package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Translation Requests and their completions at an SMMU with ATS (IHI 0070 §3.9.1, §13.7). */
class AtsRequestTest {

    private static final long IOVA = 0x12_3456_7000L;
    private static final long PA = 0x5000_0000L;
    private static final String NOTHING = "Ok(pa=0x123, size=2^12, ---, ";

    private final Guest guest = new Guest();
    private final long root = guest.table();
    private final long root2 = guest.table();

    @BeforeEach
    void aStreamWithAts() {
        control(0);
        guest.stage1(Words.context(root));
        guest.stream(Guest.STREAM, stage1());
        guest.map(root, 1, IOVA, PA | Guest.PAGE);
    }

    private static Words stage1() {
        return Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.EATS, 1);
    }

    private Words nested(int eats) {
        for (long page = Guest.CONTEXTS; page < Guest.CONTEXTS + 0x1000; page += 0x1000) {
            guest.map(root2, 1, page, page | Guest.PAGE2);
        }
        for (long page = Guest.TABLES; page < Guest.TABLES + 0x2_0000; page += 0x1000) {
            guest.map(root2, 1, page, page | Guest.PAGE2);
        }
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2);
        return Words.nested(Guest.CONTEXTS, root2).set(1, StreamTableEntry.EATS, eats);
    }

    /** Bit 0 ATSCHK, bit 1 RECINVSID, bit 2 REC_CFG_ATS. */
    private void control(int bits) {
        guest.control(
                new ControlState(true, (bits & 1) != 0, (bits & 2) != 0, false, (bits & 4) != 0, 0, Guest.STREAMS, 8));
    }

    private String asked(Access access) {
        return guest.of(DmaRequest.of(Guest.STREAM, IOVA + 0x123, access).ofType(AddressType.TRANSLATION_REQUEST))
                .toString();
    }

    @Test
    void theCompletionCarriesTheRightsThereAre() {
        assertThat(asked(Access.READ)).startsWith("Ok(pa=0x50000123, size=2^12, rw-, ");
        assertThat(asked(Access.EXECUTE)).startsWith("Ok(pa=0x50000123, size=2^12, rwx, ");
        guest.map(root, 1, IOVA, PA | Guest.PAGE | 1 << 7);
        assertThat(asked(Access.WRITE)).startsWith("Ok(pa=0x50000123, size=2^12, r--, ");
        assertThat(asked(Access.READ)).startsWith("Ok(pa=0x50000123, size=2^12, r--, ");
        assertThat(guest.events).isEmpty();
    }

    @Test
    void executionIsGrantedOnlyWhereItWasAskedFor() {
        guest.map(root, 1, IOVA, PA | Guest.PAGE | 1 << 7);
        assertThat(asked(Access.READ)).contains(" r--,");
        assertThat(asked(Access.EXECUTE)).contains(" r-x,");
        guest.map(root, 1, IOVA, PA | Guest.PAGE | 1 << 7 | 1L << 54);
        assertThat(asked(Access.EXECUTE)).contains(" r--,");
    }

    @Test
    void anExecuteOnlyPageIsNoAccess() {
        guest.map(root, 1, IOVA, PA | Guest.PAGE & ~(1 << 6) | 1 << 7);
        assertThat(asked(Access.EXECUTE)).startsWith(NOTHING);
    }

    @ParameterizedTest
    @CsvSource({"0, r--, r-x", "2, r--, r-x", "3, r--, r-x"})
    void instcfgDecidesWhatReadMeans(int instcfg, String read, String execute) {
        guest.stream(Guest.STREAM, stage1().set(1, StreamTableEntry.INSTCFG, instcfg));
        guest.map(root, 1, IOVA, PA | Guest.PAGE | 1 << 7);
        assertThat(asked(Access.READ)).contains(" " + read + ",");
        assertThat(asked(Access.EXECUTE)).contains(" " + execute + ",");
    }

    @Test
    void instcfgInstructionMakesReadAnExecution() {
        guest.map(root, 1, IOVA, PA | Guest.PAGE | 1L << 54);
        guest.stream(Guest.STREAM, stage1().set(1, StreamTableEntry.INSTCFG, 3));
        assertThat(asked(Access.READ)).contains(" -w-,");
        guest.stream(Guest.STREAM, stage1().set(1, StreamTableEntry.INSTCFG, 2));
        assertThat(asked(Access.EXECUTE)).contains(" rwx,");
    }

    @ParameterizedTest
    @EnumSource(names = {"READ", "WRITE", "EXECUTE"})
    void faultsOfTheTablesAreSuccessWithoutRightsAndWithoutARecord(Access access) {
        guest.map(root, 1, IOVA, 0);
        assertThat(asked(access)).startsWith(NOTHING);
        guest.map(root, 1, IOVA, PA | Guest.PAGE & ~(1 << 10));
        assertThat(asked(access)).startsWith(NOTHING);
        guest.map(root, 1, IOVA, 1L << 48 | Guest.PAGE);
        guest.stage1(Words.context(root).set(0, ContextDescriptor.IPS, 0));
        guest.stream(Guest.STREAM, stage1());
        guest.map(root, 1, IOVA, 1L << 40 | Guest.PAGE);
        assertThat(asked(access)).startsWith(NOTHING);
        guest.map(root, 1, IOVA, PA | Guest.PAGE & ~(1 << 6));
        assertThat(asked(access)).startsWith(NOTHING);
        assertThat(guest.events).isEmpty();
    }

    @Test
    void stageTwoIsWalkedOnlyForWhatStageOneGrants() {
        guest.stream(Guest.STREAM, nested(1));
        assertThat(asked(Access.WRITE)).startsWith("Ok(pa=0x60000123, size=2^12, rw-, ");
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2 & ~(1 << 7));
        assertThat(asked(Access.WRITE)).contains(" r--,");
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2 & ~(1 << 6));
        assertThat(asked(Access.READ)).contains(" -w-,");
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2 & ~(3 << 6));
        assertThat(asked(Access.READ)).startsWith(NOTHING);
        guest.map(root2, 1, PA, 0);
        assertThat(asked(Access.READ)).startsWith(NOTHING);
        long elsewhere = 0x60_0000_0000L;
        guest.map(root2, 1, 2, PA, elsewhere | Guest.TABLE);
        assertThat(asked(Access.READ)).isEqualTo("Fault(F_WALK_EABT, COMPLETER_ABORT, not recorded)");
        guest.map(root, 1, IOVA, PA | Guest.PAGE & ~(1 << 6));
        assertThat(asked(Access.READ)).startsWith(NOTHING);
    }

    @Test
    void stageTwoFaultsOfContextsAndTablesGrantNothing() {
        guest.stream(Guest.STREAM, nested(1));
        guest.map(root2, 1, root & -4096L, root | Guest.PAGE2 & ~(3 << 6));
        assertThat(asked(Access.WRITE)).startsWith(NOTHING);
        guest.map(root2, 1, Guest.CONTEXTS, 0);
        assertThat(asked(Access.WRITE)).startsWith(NOTHING);
        assertThat(guest.events).isEmpty();
    }

    @Test
    void splitStageAtsGivesTheAddressBeforeStageTwo() {
        guest.stream(Guest.STREAM, nested(2));
        control(1);
        assertThat(asked(Access.READ)).startsWith("Ok(pa=0x50000123, size=2^12, rw-, ");
        guest.map(root2, 1, PA, 0);
        assertThat(asked(Access.READ)).startsWith("Ok(pa=0x50000123, size=2^12, rw-, ");
        guest.map(root, 1, IOVA, 0);
        assertThat(asked(Access.READ)).startsWith(NOTHING);
        guest.map(root, 1, IOVA, PA | Guest.PAGE & ~(1 << 10));
        assertThat(asked(Access.READ)).startsWith(NOTHING);
        control(0);
        assertThat(asked(Access.READ)).isEqualTo("Fault(F_BAD_ATS_TREQ, UNSUPPORTED_REQUEST, recorded)");
    }

    @Test
    void withStageOneBypassedSplitStageAtsIsTheIdentity() {
        guest.stream(Guest.STREAM, nested(2).set(0, StreamTableEntry.S1CDMAX, 4).set(1, StreamTableEntry.S1DSS, 1));
        control(1);
        assertThat(asked(Access.WRITE)).startsWith("Ok(pa=0x1234567123, size=2^63, rw-, ");
        DmaRequest high = DmaRequest.read(Guest.STREAM, 1L << 60).ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(guest.of(high).toString()).startsWith("Ok(pa=0x0, size=2^12, ---, ");
        assertThat(guest.of(high.withSubstream(3)).toString()).contains("C_BAD_CD, COMPLETER_ABORT");
    }

    @Test
    void aBypassedStageOneIsTheIdentityWithAllRights() {
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.S1CDMAX, 4).set(1, StreamTableEntry.S1DSS, 1));
        assertThat(asked(Access.READ)).startsWith("Ok(pa=0x1234567123, size=2^63, rw-, ");
        DmaRequest high = DmaRequest.read(Guest.STREAM, 1L << 60).ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(guest.of(high).toString()).startsWith("Ok(pa=0x0, size=2^12, ---, ");
    }

    @ParameterizedTest
    @CsvSource({
        "C_BAD_STREAMID, 6",
        "C_BAD_STE, 4",
        "C_BAD_SUBSTREAMID, 4",
        "C_BAD_CD, 4",
        "F_CD_FETCH, 4",
        "F_WALK_EABT, 4"
    })
    void configurationErrorsAreCompleterAbortsAndRecordedOnlyWhereAskedFor(EventType type, int recording) {
        DmaRequest request = DmaRequest.write(Guest.STREAM, IOVA).ofType(AddressType.TRANSLATION_REQUEST);
        switch (type) {
            case C_BAD_STREAMID -> request = DmaRequest.read(0x1000, IOVA).ofType(AddressType.TRANSLATION_REQUEST);
            case C_BAD_STE -> guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.V, 0));
            case C_BAD_SUBSTREAMID -> request = request.withSubstream(1);
            case C_BAD_CD -> guest.stage1(Words.context(root).set(0, ContextDescriptor.V, 0));
            case F_CD_FETCH ->
                guest.stream(Guest.STREAM, Words.stage1(0x80_0000_0000L).set(1, StreamTableEntry.EATS, 1));
            default -> guest.map(root, 1, 2, IOVA, 0x80_0000_0000L | Guest.TABLE);
        }
        if (type == EventType.C_BAD_CD) {
            guest.stream(Guest.STREAM, stage1());
        }
        for (int bits = 0; bits < 8; bits += 2) {
            control(bits);
            int before = guest.events.size();
            boolean recorded = (bits & recording) == recording;
            assertThat(guest.of(request).toString())
                    .isEqualTo("Fault(" + type + ", COMPLETER_ABORT, " + (recorded ? "" : "not ") + "recorded)");
            assertThat(guest.events).hasSize(before + (recorded ? 1 : 0));
        }
    }

    @Test
    void aStreamWithoutEatsIsRefused() {
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS));
        assertThat(asked(Access.READ)).isEqualTo("Fault(F_BAD_ATS_TREQ, UNSUPPORTED_REQUEST, recorded)");
        guest.stream(Guest.STREAM, stage1().set(1, StreamTableEntry.EATS, 3));
        assertThat(asked(Access.READ)).isEqualTo("Fault(F_BAD_ATS_TREQ, UNSUPPORTED_REQUEST, recorded)");
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_BYPASS));
        assertThat(asked(Access.READ)).isEqualTo("Fault(F_BAD_ATS_TREQ, UNSUPPORTED_REQUEST, recorded)");
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.CONFIG, 0));
        assertThat(asked(Access.READ)).isEqualTo("Fault(ABORT, UNSUPPORTED_REQUEST, not recorded)");
    }

    @Test
    void theContextsFaultBitsHaveNoSayInTranslationRequests() {
        for (int bits = 0; bits < 4; bits++) {
            guest.stage1(
                    Words.context(root).set(0, ContextDescriptor.A, bits & 1).set(0, ContextDescriptor.R, bits >> 1));
            guest.stream(Guest.STREAM, stage1());
            guest.map(root, 1, IOVA, 0);
            assertThat(asked(Access.READ)).startsWith(NOTHING);
        }
        assertThat(guest.events).isEmpty();
    }

    @Test
    void translatedTransactionsPassUncheckedWithoutAtschk() {
        guest.stream(Guest.STREAM, new Words());
        DmaRequest request = DmaRequest.read(Guest.STREAM, 0x1_2345_6789L).ofType(AddressType.TRANSLATED);
        assertThat(guest.of(request).toString()).startsWith("Ok(pa=0x123456789, size=2^63, rwx");
        guest.silentAbort(DmaRequest.read(Guest.STREAM, 1L << 52).ofType(AddressType.TRANSLATED));
    }

    @ParameterizedTest
    @CsvSource({"0, F_TRANSL_FORBIDDEN, true", "1, '', false"})
    void withAtschkTheStreamMustHaveAts(int eats, String event, boolean recorded) {
        control(1);
        guest.stream(Guest.STREAM, stage1().set(1, StreamTableEntry.EATS, eats));
        DmaRequest request = DmaRequest.read(Guest.STREAM, PA).withSubstream(7).ofType(AddressType.TRANSLATED);
        if (recorded) {
            EventRecord record = guest.fault(request, EventType.valueOf(event));
            assertThat(record.ssv()).isFalse();
            assertThat(record.inputAddress()).isEqualTo(PA);
        } else {
            assertThat(guest.of(request)).isInstanceOf(Translation.Ok.class);
        }
    }

    @Test
    void withAtschkStreamsThatCannotBeFoundAbort() {
        DmaRequest request = DmaRequest.read(0x1000, PA).ofType(AddressType.TRANSLATED);
        control(1 | 2);
        assertThat(guest.of(request).toString()).isEqualTo("Fault(C_BAD_STREAMID, ABORT, not recorded)");
        control(1 | 4);
        assertThat(guest.of(request).toString()).isEqualTo("Fault(C_BAD_STREAMID, ABORT, recorded)");
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.CONFIG, 0));
        guest.silentAbort(DmaRequest.read(Guest.STREAM, PA).ofType(AddressType.TRANSLATED));
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_BYPASS));
        guest.fault(DmaRequest.read(Guest.STREAM, PA).ofType(AddressType.TRANSLATED), EventType.F_TRANSL_FORBIDDEN);
        guest.stream(Guest.STREAM, stage1().set(0, StreamTableEntry.V, 0));
        guest.fault(DmaRequest.read(Guest.STREAM, PA).ofType(AddressType.TRANSLATED), EventType.C_BAD_STE);
    }

    @Test
    void splitStageTransactionsGoThroughStageTwo() {
        control(1);
        guest.stream(Guest.STREAM, nested(2));
        DmaRequest request = DmaRequest.write(Guest.STREAM, PA + 4).privileged().ofType(AddressType.TRANSLATED);
        assertThat(guest.of(request).toString()).startsWith("Ok(pa=0x60000004, size=2^12, rw");
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2 & ~(1 << 7));
        EventRecord refused = guest.fault(request, EventType.F_PERMISSION);
        assertThat(refused.s2()).isTrue();
        assertThat(refused.pnu() || refused.ssv()).isFalse();
        assertThat(refused.ipa()).isEqualTo(PA);
        EventRecord beyond = guest.fault(
                DmaRequest.read(Guest.STREAM, 1L << 60).ofType(AddressType.TRANSLATED), EventType.F_ADDR_SIZE);
        assertThat(beyond.s2()).isFalse();
        guest.stream(Guest.STREAM, nested(2).set(2, StreamTableEntry.S2R, 0));
        guest.map(root2, 1, PA, 0x6000_0000L | Guest.PAGE2 & ~(1 << 7));
        assertThat(guest.of(request).toString()).isEqualTo("Fault(F_PERMISSION, ABORT, not recorded)");
    }

    @Test
    void theExplanationIsTheAnswer() {
        DmaRequest request = DmaRequest.write(Guest.STREAM, IOVA).ofType(AddressType.TRANSLATION_REQUEST);
        assertThat(guest.smmu.explain(request).result()).isEqualTo(guest.of(request));
        guest.map(root, 1, IOVA, 0);
        assertThat(guest.smmu.explain(request).result()).isEqualTo(guest.of(request));
        assertThat(guest.smmu.explain(request).toText()).contains("Success, R=W=0");
    }
}
