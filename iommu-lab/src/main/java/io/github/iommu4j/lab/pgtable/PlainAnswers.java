package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.lab.vector.Effects;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableEvent;
import io.github.iommu4j.lab.vector.VectorRow;
import io.github.iommu4j.testkit.conformance.PlainTranslations;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows what is right from the answers alone: what a call says it mapped is mapped from then on, what it says it
 * unmapped is not, and nothing else changes.
 */
final class PlainAnswers implements RightAnswers {

    private final PlainTranslations plain = new PlainTranslations();
    private final ArmDefects defects;
    private AddressSpaces spaces = AddressSpaces.NONE;

    /** Nothing is mapped yet; the defects are named by another. */
    PlainAnswers(ArmDefects defects) {
        this.defects = defects;
    }

    @Override
    public Verdict follow(VectorRow ours, SequenceModel model) {
        if (ours instanceof VectorRow.Start start && start.accepted()) {
            spaces = AddressSpaces.of(start);
            defects.begin(spaces);
        }
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
                Verdict verdict = new Verdict(null, whyMapped(call, MapCall.of(call)));
                mapped(MapCall.of(call), call.effects());
                yield verdict;
            }
            case Operations.UNMAP -> {
                Verdict verdict = new Verdict(null, whyUnmapped(call, UnmapCall.of(call)));
                plain.remove(arguments.number("iova"), call.answers().number("ret"));
                yield verdict;
            }
            case Operations.PHYS ->
                new Verdict(
                        wrongTranslation(
                                arguments.number("iova"), call.answers().number("ret")),
                        null);
            default -> Verdict.FINE;
        };
    }

    /** What a map call was given and answered. */
    private record MapCall(long iova, long pa, long page, long size, String ret, long mapped) {
        static MapCall of(VectorRow.Call call) {
            Members arguments = call.arguments();
            long page = arguments.number("pgsize");
            return new MapCall(
                    arguments.number("iova"),
                    arguments.number("paddr"),
                    page,
                    AddressSpaces.size(page, arguments.number("pgcount")),
                    call.answers().word("ret"),
                    call.answers().number("mapped"));
        }
    }

    /** What an unmap call was given and answered. */
    private record UnmapCall(long iova, long page, long size, boolean queued, long unmapped) {
        static UnmapCall of(VectorRow.Call call) {
            Members arguments = call.arguments();
            long page = arguments.number("pgsize");
            return new UnmapCall(
                    arguments.number("iova"),
                    page,
                    AddressSpaces.size(page, arguments.number("pgcount")),
                    arguments.word("gather").equals("queued"),
                    call.answers().number("ret"));
        }
    }

    /** Tables that a larger leaf replaced went with everything in them. */
    private void mapped(MapCall map, Effects effects) {
        for (TableEvent event : effects.tlb()) {
            if (event.kind().equals("walk")) {
                plain.remove(event.numbers().get(0), event.numbers().get(1));
            }
        }
        plain.put(map.iova, map.mapped, map.pa, Prot.NONE);
    }

    private @Nullable String whyMapped(VectorRow.Call call, MapCall map) {
        boolean fits = spaces.translates(map.iova, map.size) && spaces.reaches(map.pa, map.size);
        boolean justified = switch (map.ret) {
            case "OK" -> fits && (map.mapped == map.size || spaces.isEndOfTable(map.iova + map.mapped, map.page));
            case "ERANGE" -> !fits;
            case "EEXIST" -> fits && plain.isAnyMapped(map.iova + map.mapped, map.size - map.mapped);
            case "ENOMEM" -> hasFailed(call.effects());
            default -> false;
        };
        return justified ? null : "nothing speaks for " + call.answers();
    }

    private @Nullable String whyUnmapped(VectorRow.Call call, UnmapCall unmap) {
        long end = unmap.iova + unmap.unmapped;
        boolean justified = unmap.unmapped == unmap.size
                || call.effects().warnings() != 0
                || hasFailed(call.effects())
                || plain.pa(end) == null
                || unmap.unmapped != 0 && spaces.isEndOfTable(end, unmap.page);
        if (!justified) {
            return Members.text(end) + " is mapped, and is not unmapped";
        }
        return unmap.queued ? null : stale(unmap, call.effects());
    }

    private @Nullable String stale(UnmapCall unmap, Effects effects) {
        PlainTranslations stale = plain.part(unmap.iova, unmap.unmapped);
        for (TableEvent event : effects.tlb()) {
            List<Long> numbers = event.numbers();
            stale.remove(numbers.get(0), numbers.get(1));
        }
        List<PlainTranslations.Run> runs = stale.runs();
        return runs.isEmpty() ? null : Members.text(runs.get(0).first()) + " is not invalidated";
    }

    private static boolean hasFailed(Effects effects) {
        return effects.mem().stream().anyMatch(event -> event.kind().equals("fail"));
    }

    private @Nullable String wrongTranslation(long iova, long pa) {
        Long right = spaces.translates(iova, 1) ? plain.pa(iova) : null;
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
        if (!walked.runs().equals(plain.runs())) {
            return "the leaves translate " + walked.runs() + " and should translate " + plain.runs();
        }
        return checkpoint.translations().stream()
                .map(each -> wrongTranslation(each.iova(), each.pa()))
                .filter(wrong -> wrong != null)
                .findFirst()
                .orElse(null);
    }

    @Override
    public Set<Erratum> blame(VectorRow recorded, VectorRow ours) {
        return defects.blame(recorded, ours);
    }
}
