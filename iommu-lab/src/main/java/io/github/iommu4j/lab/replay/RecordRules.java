package io.github.iommu4j.lab.replay;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Explains an event record of the reference machine from ours: each rule recognises one departure and rewrites exactly
 * the bits it is about. What then still differs is not explained.
 */
final class RecordRules {

    private static final BitField PAGE_OFFSET = bits(11, 0);
    private static final long LARGEST_GRANULE = 1L << 16;

    private static final List<Rule> RULES = List.of(
            new Rule(ReferenceDeviation.INPUT_CLASS_IS_ZERO, RecordRules::inputClassIsZero),
            new Rule(ReferenceDeviation.TABLE_FAULT_WITHOUT_S2, RecordRules::tableFaultWithoutStage2),
            new Rule(ReferenceDeviation.STRUCTURE_FETCH_RECORDED_AS_READ, RecordRules::structureFetchAsRead),
            new Rule(ReferenceDeviation.IPA_OF_TABLE_BASE, RecordRules::ipaOfTableBase),
            new Rule(ReferenceDeviation.IPA_KEEPS_PAGE_OFFSET, RecordRules::ipaKeepsPageOffset),
            new Rule(ReferenceDeviation.CD_FETCH_ADDRESS_MISPLACED, RecordRules::cdFetchAddressMisplaced));

    private RecordRules() {}

    /** Rewrites our record as the reference would have written it; {@code null} when the rule is not about this. */
    @FunctionalInterface
    private interface Rewrite {
        @Nullable EventRecord apply(EventRecord ours, EventRecord theirs);
    }

    private record Rule(ReferenceDeviation deviation, Rewrite rewrite) {}

    /**
     * Which departures turn our record into the reference's.
     *
     * @return the departures, none when the records are equal; empty when something stays unexplained
     */
    static Optional<List<ReferenceDeviation>> explain(EventRecord ours, EventRecord theirs) {
        List<ReferenceDeviation> used = new ArrayList<>();
        EventRecord current = ours;
        for (Rule rule : RULES) {
            EventRecord rewritten = rule.rewrite().apply(current, theirs);
            if (rewritten != null && !rewritten.equals(current)) {
                used.add(rule.deviation());
                current = rewritten;
            }
        }
        return current.equals(theirs) ? Optional.of(used) : Optional.empty();
    }

    private static @Nullable EventRecord inputClassIsZero(EventRecord ours, EventRecord theirs) {
        boolean applies = ours.isTranslationFault()
                && !ours.stage2()
                && ours.stageClass() == EventRecord.CLASS_IN
                && theirs.stageClass() == 0;
        return applies ? ours.withDw1(EventRecord.CLASS.with(ours.dw1(), 0)) : null;
    }

    private static @Nullable EventRecord tableFaultWithoutStage2(EventRecord ours, EventRecord theirs) {
        boolean applies = ours.hasInputAddress()
                && ours.stage2()
                && ours.stageClass() == EventRecord.CLASS_TT
                && theirs.stageClass() == EventRecord.CLASS_TT
                && !theirs.stage2();
        return applies ? ours.withDw1(EventRecord.S2.with(ours.dw1(), 0)) : null;
    }

    private static @Nullable EventRecord structureFetchAsRead(EventRecord ours, EventRecord theirs) {
        boolean applies = ours.hasInputAddress()
                && ours.stageClass() != EventRecord.CLASS_IN
                && ours.stageClass() == theirs.stageClass()
                && isStage2OfStructure(ours)
                && !ours.isRead()
                && theirs.isRead();
        return applies ? ours.withDw1(EventRecord.RNW.with(ours.dw1(), 1)) : null;
    }

    /** A stage-1 walk abort also has CLASS=TT; its access is recorded rightly. */
    private static boolean isStage2OfStructure(EventRecord ours) {
        return ours.isTranslationFault() || ours.stage2();
    }

    private static @Nullable EventRecord ipaOfTableBase(EventRecord ours, EventRecord theirs) {
        long distance = ours.dw3() - theirs.dw3();
        boolean applies = ours.isTranslationFault()
                && ours.stageClass() == EventRecord.CLASS_TT
                && theirs.stageClass() == EventRecord.CLASS_TT
                && distance > 0
                && distance < LARGEST_GRANULE
                && PAGE_OFFSET.get(theirs.dw3()) == 0;
        return applies ? ours.withDw3(theirs.dw3()) : null;
    }

    private static @Nullable EventRecord ipaKeepsPageOffset(EventRecord ours, EventRecord theirs) {
        if (!ours.isTranslationFault() || !theirs.stage2() || PAGE_OFFSET.get(ours.dw3()) != 0) {
            return null;
        }
        long kept = PAGE_OFFSET.get(theirs.dw3());
        boolean plausible = ours.stageClass() == EventRecord.CLASS_IN
                ? kept == PAGE_OFFSET.get(ours.dw2())
                : kept % Long.BYTES == 0;
        return plausible ? ours.withDw3(ours.dw3() | kept) : null;
    }

    private static @Nullable EventRecord cdFetchAddressMisplaced(EventRecord ours, EventRecord theirs) {
        boolean applies = ours.type() == EventRecord.F_CD_FETCH
                && ours.dw2() == 0
                && theirs.dw3() == 0
                && theirs.dw2() == ours.dw3();
        return applies ? new EventRecord(ours.dw0(), ours.dw1(), ours.dw3(), 0) : null;
    }
}
