package io.github.iommu4j.lab.replay.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.capture.Expectation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictRulesTest {

    private static final Expectation OK = Expectation.OK;
    private static final Expectation BAD_STE = Expectation.fault("C_BAD_STE");
    private static final long TABLE = 0x4000_0003L;
    private static final long PAGE = 0x4800_0447L;
    private static final long PRIVILEGED_PAGE = 0x4840_0407L;

    @Test
    void anAnswerWhereTheAccessFlagCounts() {
        assertNamed(ReferenceDeviation.ACCESS_FLAG_NOT_CHECKED, OK, "F_ACCESS", TABLE, PAGE);
    }

    @Test
    void anAnswerWhereTheOutputSizeCounts() {
        assertNamed(ReferenceDeviation.OUTPUT_SIZE_NOT_CHECKED, OK, "F_ADDR_SIZE", TABLE, PAGE);
    }

    @Test
    void aPageOrTableForPrivilegedAccessesOnly() {
        assertNamed(ReferenceDeviation.PRIVILEGE_NOT_CHECKED, OK, "F_PERMISSION", TABLE, PRIVILEGED_PAGE);
        assertNamed(ReferenceDeviation.PRIVILEGE_NOT_CHECKED, OK, "F_PERMISSION", TABLE | 1L << 61, PAGE);
    }

    @Test
    void aPageThatForbidsSomethingElse() {
        assertNamed(ReferenceDeviation.PERMISSION_NOT_CHECKED_ON_HIT, OK, "F_PERMISSION", TABLE, PAGE);
        assertNamed(ReferenceDeviation.PERMISSION_NOT_CHECKED_ON_HIT, OK, "F_PERMISSION");
    }

    @Test
    void aFaultWithoutAWalkIsADisabledHalf() {
        assertNamed(ReferenceDeviation.WALK_DISABLE_IGNORED, OK, "F_TRANSLATION");
    }

    @Test
    void aBlockThatEndsTheWalkWithAFaultIsAtAForbiddenLevel() {
        assertNamed(ReferenceDeviation.BLOCK_AT_FORBIDDEN_LEVEL, OK, "F_TRANSLATION", TABLE, 0x4000_0445L);
    }

    @Test
    void anInvalidDescriptorThatWasTranslatedStoodInACache() {
        assertNamed(ReferenceDeviation.TRANSLATION_OUTLIVES_MAPPING, OK, "F_TRANSLATION", TABLE, 0);
    }

    @Test
    void aStreamBeyondTheSpan() {
        assertNamed(ReferenceDeviation.SPAN_TOO_LARGE, BAD_STE, "C_BAD_STREAMID");
        assertNamed(ReferenceDeviation.SPAN_TOO_LARGE, OK, "C_BAD_STREAMID");
    }

    @Test
    void aStreamTableEntryWithS1CdMax() {
        Explanation explanation = explanation(3L << 59, "F_TRANSLATION");
        assertThat(VerdictRules.name(BAD_STE, Expectation.fault("F_TRANSLATION"), explanation))
                .isEqualTo(ReferenceDeviation.S1CDMAX_CHECKED_WITHOUT_SUBSTREAMS);
        assertNamed(ReferenceDeviation.OTHER_VERDICT, BAD_STE, "F_TRANSLATION", TABLE, PAGE);
    }

    @Test
    void anythingElseHasNoNameOfItsOwn() {
        assertNamed(ReferenceDeviation.OTHER_VERDICT, OK, "C_BAD_CD");
        assertNamed(ReferenceDeviation.OTHER_VERDICT, Expectation.fault("F_ACCESS"), "F_PERMISSION", TABLE, PAGE);
    }

    @Test
    void theLeafOfStage1DecidesThePermissionTheReferenceLogs() {
        assertThat(VerdictRules.stage1LeafPermissions(explanation(0, "F_ACCESS", TABLE, PAGE)))
                .isEqualTo(3);
        assertThat(VerdictRules.stage1LeafPermissions(explanation(0, "F_ACCESS", TABLE, PAGE | 1L << 7)))
                .isEqualTo(1);
        assertThat(VerdictRules.stage1LeafPermissions(explanation(0, "F_ACCESS")))
                .isEqualTo(-1);
    }

    private static void assertNamed(ReferenceDeviation expected, Expectation theirs, String ours, long... descriptors) {
        assertThat(VerdictRules.name(theirs, Expectation.fault(ours), explanation(0, ours, descriptors)))
                .isEqualTo(expected);
    }

    private static Explanation explanation(long entry, String fault, long... descriptors) {
        List<Explanation.Fetch> fetches = new ArrayList<>();
        fetches.add(new Explanation.Fetch("STE", "", 0x1000, List.of(entry), List.of(), ""));
        for (int i = 0; i < descriptors.length; i++) {
            fetches.add(new Explanation.Fetch("S1 L" + i, "", 0x2000, List.of(descriptors[i]), List.of(), ""));
        }
        return new Explanation(
                DmaRequest.read(1, 0),
                fetches,
                new Translation.Fault(0, fault, FaultResponse.ABORT, false),
                List.of(),
                "");
    }
}
