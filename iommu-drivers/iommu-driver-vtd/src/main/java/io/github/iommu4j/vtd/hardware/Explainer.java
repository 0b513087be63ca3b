package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.ForetoldMemory;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains one translation: the path of a translation, with no caches, over memory that is not written, and with an
 * observer that writes down every read. One instance explains once; not thread-safe.
 */
final class Explainer implements FetchObserver {

    private final TranslationPath path;
    private final EntryText text;
    private final List<Fetch> fetches = new ArrayList<>();
    private String purpose = "";

    Explainer(PhysicalMemory memory, Unit unit) {
        text = new EntryText(unit.capabilities());
        path = new TranslationPath(
                new ForetoldMemory(memory), unit, new Caches(CacheGeometry.OFF, unit.deviations()), this);
    }

    /** Walks, once. */
    long walk(ControlState now, DmaRequest request) {
        return path.translate(now, 0, request.streamId(), request.substreamId(), request.iova(), request.accessBits());
    }

    Explanation success(ControlState now, DmaRequest request, long answer) {
        Translation result = Answer.translation(answer, request.iova());
        String conclusion = now.translating()
                ? fetches.isEmpty() ? "the interrupt range is not remapped (§3.14)" : "permitted (§3.6-3.8)"
                : "TES=0: not translated (§11.4.5)";
        return new Explanation(request, fetches, result, List.of(), conclusion);
    }

    Explanation failure(DmaRequest request, long fault, @Nullable FaultReport record) {
        long packed = FaultWord.packed(fault, request.accessBits());
        Translation.Fault result = FaultWord.fault(record != null ? Translations.recorded(packed) : packed);
        String why = FaultReason.of(result.code())
                .map(reason -> reason.label() + ": " + reason.condition() + " (§7.1)")
                .orElse("blocked without a record (§3.14, §7.1)");
        if (result.code() != 0) {
            decideLast(result.name());
        }
        String suffix = FaultWord.isSilent(fault) && result.code() != 0 ? "; FPD=1: not recorded" : "";
        return new Explanation(request, fetches, result, record == null ? List.of() : record.words(), why + suffix);
    }

    @Override
    public void root(long address, RootEntry entry) {
        add("ROOT", address, List.of(entry.low(), entry.high()), EntryText.of(entry), "");
    }

    @Override
    public void context(long address, ContextEntry entry) {
        add("CTX", address, List.of(entry.low(), entry.high()), EntryText.of(entry), "");
    }

    @Override
    public void context(long address, ScalableContextEntry entry) {
        add("CTX", address, List.of(entry.q0(), entry.q1(), entry.q2(), entry.q3()), EntryText.of(entry), "");
    }

    @Override
    public void directory(long address, PasidDirectoryEntry entry) {
        add("PDIR", address, List.of(entry.raw()), EntryText.of(entry), "");
    }

    @Override
    public void pasid(long address, PasidEntry entry) {
        add(
                "PASID",
                address,
                List.of(entry.q0(), entry.q1(), entry.q2(), entry.q3(), entry.q4(), entry.q5(), entry.q6(), entry.q7()),
                EntryText.of(entry),
                "");
    }

    @Override
    public void firstStage(long address, long entry, int level) {
        purpose = "";
        add(
                "FS L" + level,
                address,
                List.of(entry),
                EntryText.firstStage(entry, level),
                text.firstStageLeads(entry, level));
    }

    @Override
    public void secondStage(long address, long entry, int level) {
        String role = purpose.isEmpty() ? "SS L" + level : "  SS L" + level;
        add(role, address, List.of(entry), EntryText.secondStage(entry, level), text.secondStageLeads(entry, level));
    }

    @Override
    public void secondStageOf(int level, long address) {
        purpose = "address 0x" + Long.toHexString(address) + " of "
                + (level == 0 ? "the access" : "the FS L" + level + " entry");
    }

    @Override
    public void unanswered(String role, long address) {
        boolean indented = role.startsWith("SS") && !purpose.isEmpty();
        add(indented ? "  " + role : role, address, List.of(), List.of(), "no answer");
    }

    private void add(String role, long address, List<Long> raw, List<Field> fields, String decision) {
        boolean beneath = role.startsWith("  ");
        fetches.add(
                new Fetch(role, beneath ? purpose : "", address, raw, fields, decision.isEmpty() ? "read" : decision));
    }

    /** A fault is what was concluded from the read before it. */
    private void decideLast(String label) {
        if (!fetches.isEmpty()) {
            Fetch last = fetches.remove(fetches.size() - 1);
            String decision = last.decision() + ": " + label;
            fetches.add(new Fetch(last.role(), last.purpose(), last.address(), last.raw(), last.fields(), decision));
        }
    }
}
