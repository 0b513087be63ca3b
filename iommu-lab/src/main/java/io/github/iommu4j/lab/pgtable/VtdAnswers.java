package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.VectorRow;
import io.github.iommu4j.testkit.conformance.PlainTranslations;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows what is right of Intel's tables from the answers alone. A range is mapped with the largest pages that fit: a page
 * of 4 KiB leaves what is there, a larger one takes its place.
 */
final class VtdAnswers implements RightAnswers {

    private static final long PAGE = 4096;
    private static final long LARGE = PAGE << 9;
    private static final long HUGE = LARGE << 9;

    private final PlainTranslations plain = new PlainTranslations();
    private final VtdRequest request;
    private final Set<Erratum> known;
    private final Set<PageTableErratum> diverged = new HashSet<>();

    /**
     * @param request the table
     * @param known the defects there are
     */
    VtdAnswers(VtdRequest request, Set<Erratum> known) {
        this.request = request;
        this.known = known;
    }

    @Override
    public Verdict follow(VectorRow ours, SequenceModel model) {
        if (ours instanceof VectorRow.Call call) {
            return follow(call);
        }
        return ours instanceof VectorRow.Checkpoint checkpoint
                ? new Verdict(contradiction(checkpoint, model.table()), null)
                : Verdict.FINE;
    }

    private Verdict follow(VectorRow.Call call) {
        Members arguments = call.arguments();
        return switch (call.name()) {
            case Operations.MAP -> {
                map(arguments, call.answers().number("mapped"));
                yield Verdict.FINE;
            }
            case Operations.UNMAP -> unmap(arguments, call.answers());
            case Operations.PHYS ->
                new Verdict(
                        wrongTranslation(
                                arguments.number("iova"), call.answers().number("ret")),
                        null);
            default -> Verdict.FINE;
        };
    }

    private void map(Members arguments, long mapped) {
        long iova = arguments.number("iova");
        long pa = arguments.number("paddr");
        long size = AddressSpaces.size(arguments.number("pgsize"), arguments.number("pgcount"));
        for (long done = 0; done < mapped; ) {
            long page = page(iova + done | pa + done, size - done);
            if (page != PAGE || plain.pa(iova + done) == null) {
                plain.remove(iova + done, page);
                plain.put(iova + done, page, pa + done, Prot.NONE);
            }
            done += page;
        }
    }

    private long page(long addresses, long size) {
        int sizes = request.config().largePages();
        if ((sizes & 2) != 0 && (addresses & HUGE - 1) == 0 && size >= HUGE) {
            return HUGE;
        }
        return (sizes & 1) != 0 && (addresses & LARGE - 1) == 0 && size >= LARGE ? LARGE : PAGE;
    }

    private Verdict unmap(Members arguments, Members answers) {
        long iova = arguments.number("iova");
        if (!(answers.values().get("ret") instanceof Long unmapped)) {
            return new Verdict("a call must not end in a panic", null);
        }
        boolean nothing = plain.pa(iova) == null;
        plain.remove(iova, unmapped);
        boolean justified = unmapped != 0 || nothing;
        return new Verdict(null, justified ? null : Members.text(iova) + " is mapped, and is not unmapped");
    }

    private @Nullable String wrongTranslation(long iova, long pa) {
        Long right = plain.pa(iova);
        long expected = right == null ? 0 : right;
        return expected == pa
                ? null
                : Members.text(iova) + " goes to " + Members.text(pa) + " instead of " + Members.text(expected);
    }

    private @Nullable String contradiction(VectorRow.Checkpoint checkpoint, ModelTable table) {
        PlainTranslations walked = new PlainTranslations();
        for (var leaf : checkpoint.state().leaves().entrySet()) {
            Long pa = table.walk(leaf.getKey()).pa();
            if (pa == null) {
                return "a walk of " + Members.text(leaf.getKey()) + " does not find its leaf";
            }
            walked.put(leaf.getKey(), leaf.getValue().size(), pa, Prot.NONE);
        }
        return walked.runs().equals(plain.runs())
                ? null
                : "the leaves translate " + walked.runs() + " and should translate " + plain.runs();
    }

    /** Some defects leave the reference with another table than ours: from then on rows differ for that reason. */
    @Override
    public Set<Erratum> blame(VectorRow recorded, VectorRow ours) {
        if (recorded instanceof VectorRow.Call call) {
            PageTableErratum defect = defect(call, (VectorRow.Call) ours);
            if (defect != null) {
                diverged.add(defect);
                return known.contains(defect) ? new HashSet<>(Set.of(defect)) : Set.of();
            }
        }
        return new HashSet<>(diverged);
    }

    private static @Nullable PageTableErratum defect(VectorRow.Call recorded, VectorRow.Call ours) {
        boolean sameAnswers = recorded.answers().equals(ours.answers());
        if (recorded.name().equals(Operations.UNMAP)
                && !sameAnswers
                && Long.valueOf(0).equals(ours.answers().values().get("ret"))) {
            return PageTableErratum.UNMAP_OF_NOTHING_ROUNDS;
        }
        if (!recorded.name().equals(Operations.MAP)) {
            return null;
        }
        if (!sameAnswers && recorded.answers().word("ret").equals("ENOMEM")) {
            return PageTableErratum.FAILED_RANGE_COUNTS_NOTHING;
        }
        boolean leavesMore =
                recorded.effects().mem().size() < ours.effects().mem().size();
        return sameAnswers && leavesMore ? PageTableErratum.REPLACED_MIX_LOSES_TABLES : null;
    }
}
