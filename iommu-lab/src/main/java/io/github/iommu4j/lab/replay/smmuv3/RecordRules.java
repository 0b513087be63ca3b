package io.github.iommu4j.lab.replay.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
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
            new Rule(ReferenceDeviation.FETCH_ADDRESS_MISPLACED, RecordRules::fetchAddressMisplaced));

    private RecordRules() {}

    /** Rewrites our record as the reference would have written it; {@code null} when the rule is not about this. */
    @FunctionalInterface
    private interface Rewrite {
        @Nullable
        EventRecord apply(EventRecord ours, EventRecord theirs);
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
        boolean applies = RecordFields.isTranslationFault(ours)
                && !ours.s2()
                && ours.eventClass() == EventRecord.CLASS_IN
                && theirs.eventClass() == 0;
        return applies ? ours.with(EventRecord.CLASS, 0) : null;
    }

    private static @Nullable EventRecord tableFaultWithoutStage2(EventRecord ours, EventRecord theirs) {
        boolean applies = RecordFields.hasInputAddress(ours)
                && ours.s2()
                && ours.eventClass() == EventRecord.CLASS_TT
                && theirs.eventClass() == EventRecord.CLASS_TT
                && !theirs.s2();
        return applies ? ours.with(EventRecord.S2, 0) : null;
    }

    private static @Nullable EventRecord structureFetchAsRead(EventRecord ours, EventRecord theirs) {
        boolean applies = RecordFields.hasInputAddress(ours)
                && ours.eventClass() != EventRecord.CLASS_IN
                && ours.eventClass() == theirs.eventClass()
                && isStage2OfStructure(ours)
                && !ours.rnw()
                && theirs.rnw();
        return applies ? ours.with(EventRecord.RNW, 1) : null;
    }

    /** A stage-1 walk abort also has CLASS=TT; its access is recorded rightly. */
    private static boolean isStage2OfStructure(EventRecord ours) {
        return RecordFields.isTranslationFault(ours) || ours.s2();
    }

    private static @Nullable EventRecord ipaOfTableBase(EventRecord ours, EventRecord theirs) {
        long distance = ours.dw3() - theirs.dw3();
        boolean applies = RecordFields.isTranslationFault(ours)
                && ours.eventClass() == EventRecord.CLASS_TT
                && theirs.eventClass() == EventRecord.CLASS_TT
                && distance > 0
                && distance < LARGEST_GRANULE
                && PAGE_OFFSET.get(theirs.dw3()) == 0;
        return applies ? RecordFields.withDw3(ours, theirs.dw3()) : null;
    }

    private static @Nullable EventRecord ipaKeepsPageOffset(EventRecord ours, EventRecord theirs) {
        if (!RecordFields.isTranslationFault(ours) || !theirs.s2() || PAGE_OFFSET.get(ours.dw3()) != 0) {
            return null;
        }
        long kept = PAGE_OFFSET.get(theirs.dw3());
        boolean plausible = ours.eventClass() == EventRecord.CLASS_IN
                ? kept == PAGE_OFFSET.get(ours.dw2())
                : kept % Long.BYTES == 0;
        return plausible ? RecordFields.withDw3(ours, ours.dw3() | kept) : null;
    }

    private static @Nullable EventRecord fetchAddressMisplaced(EventRecord ours, EventRecord theirs) {
        boolean fetch = RecordFields.is(ours, EventType.F_CD_FETCH) || RecordFields.is(ours, EventType.F_STE_FETCH);
        boolean applies = fetch && ours.dw2() == 0 && theirs.dw3() == 0 && theirs.dw2() == ours.dw3();
        return applies ? new EventRecord(ours.dw0(), ours.dw1(), ours.dw3(), 0) : null;
    }
}
