package io.github.iommu4j.lab.replay.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.lab.capture.Expectation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names the departure behind an answer of the reference machine that is not the specification's, from the two answers
 * and from what our unit read on the way.
 */
final class VerdictRules {

    private static final BitField DESCRIPTOR_VALID = bit(0);
    private static final BitField DESCRIPTOR_TYPE = bits(1, 0);
    private static final int BLOCK = 1;
    private static final BitField AP1 = bit(6);
    private static final BitField AP2 = bit(7);
    private static final BitField AP_TABLE_0 = bit(61);
    private static final BitField S1CDMAX = bits(63, 59);
    private static final int READ = 1;
    private static final int READ_WRITE = 3;

    private VerdictRules() {}

    /**
     * The departure.
     *
     * @param theirs the reference's answer, which is not ours
     * @param ours our answer, which is the specification's
     * @param explanation what our unit read
     */
    static ReferenceDeviation name(Expectation theirs, Expectation ours, Explanation explanation) {
        if (ours.fault().equals("C_BAD_STREAMID")) {
            return ReferenceDeviation.SPAN_TOO_LARGE;
        }
        if (theirs.fault().equals("C_BAD_STE") && checksSubstreams(explanation)) {
            return ReferenceDeviation.S1CDMAX_CHECKED_WITHOUT_SUBSTREAMS;
        }
        if (theirs.kind() != Expectation.Kind.OK) {
            return ReferenceDeviation.OTHER_VERDICT;
        }
        return switch (ours.fault()) {
            case "F_ACCESS" -> ReferenceDeviation.ACCESS_FLAG_NOT_CHECKED;
            case "F_ADDR_SIZE" -> ReferenceDeviation.OUTPUT_SIZE_NOT_CHECKED;
            case "F_PERMISSION" -> permission(explanation);
            case "F_TRANSLATION" -> translation(explanation);
            default -> ReferenceDeviation.OTHER_VERDICT;
        };
    }

    /** The permissions a stage-1 leaf gives on its own: bit 0 read, bit 1 write; -1 when there was no such leaf. */
    static int stage1LeafPermissions(Explanation explanation) {
        Long leaf = lastStage1(explanation);
        if (leaf == null) {
            return -1;
        }
        return AP2.isSet(leaf) ? READ : READ_WRITE;
    }

    private static boolean checksSubstreams(Explanation explanation) {
        return explanation.fetches().stream()
                .anyMatch(fetch -> fetch.role().equals("STE")
                        && !fetch.raw().isEmpty()
                        && S1CDMAX.isSet(fetch.raw().get(0)));
    }

    private static ReferenceDeviation permission(Explanation explanation) {
        List<Long> stage1 = stage1Descriptors(explanation);
        boolean leafForbids = !stage1.isEmpty() && !AP1.isSet(stage1.get(stage1.size() - 1));
        boolean tableForbids =
                stage1.stream().limit(Math.max(0, stage1.size() - 1)).anyMatch(AP_TABLE_0::isSet);
        return leafForbids || tableForbids
                ? ReferenceDeviation.PRIVILEGE_NOT_CHECKED
                : ReferenceDeviation.PERMISSION_NOT_CHECKED_ON_HIT;
    }

    private static ReferenceDeviation translation(Explanation explanation) {
        boolean walked = explanation.fetches().stream().anyMatch(VerdictRules::isWalk);
        if (!walked) {
            return ReferenceDeviation.WALK_DISABLE_IGNORED;
        }
        Explanation.Fetch last = explanation.fetches().get(explanation.fetches().size() - 1);
        if (last.raw().isEmpty() || !isWalk(last)) {
            return ReferenceDeviation.OTHER_VERDICT;
        }
        long descriptor = last.raw().get(0);
        if (!DESCRIPTOR_VALID.isSet(descriptor)) {
            return ReferenceDeviation.TRANSLATION_OUTLIVES_MAPPING;
        }
        return DESCRIPTOR_TYPE.get(descriptor) == BLOCK
                ? ReferenceDeviation.BLOCK_AT_FORBIDDEN_LEVEL
                : ReferenceDeviation.OTHER_VERDICT;
    }

    private static boolean isWalk(Explanation.Fetch fetch) {
        return fetch.role().startsWith("S1 ") || fetch.role().startsWith("S2 ");
    }

    private static @Nullable Long lastStage1(Explanation explanation) {
        List<Long> stage1 = stage1Descriptors(explanation);
        return stage1.isEmpty() ? null : stage1.get(stage1.size() - 1);
    }

    private static List<Long> stage1Descriptors(Explanation explanation) {
        return explanation.fetches().stream()
                .filter(fetch -> fetch.role().startsWith("S1 ") && !fetch.raw().isEmpty())
                .map(fetch -> fetch.raw().get(0))
                .toList();
    }
}
