package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.layout.DomainAccess;
import io.github.iommu4j.armshort.layout.FaultStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains one translation: the same walk and judgement as a translation, past the cache, with an observer that writes
 * down every read. One instance explains once; not thread-safe.
 */
final class Explainer implements FetchObserver {

    private final ShortWalker walker;
    private final WalkControl control;
    private final long address;
    private final List<Fetch> fetches = new ArrayList<>();
    private @Nullable String conclusion;

    Explainer(PhysicalMemory memory, WalkControl control, long address) {
        this.walker = new ShortWalker(memory, this);
        this.control = control;
        this.address = address;
    }

    /** An answer, or a {@link FaultWord}. */
    long walk(int access) {
        long word = walker.walk(control, address);
        long answer = word > 0 ? Judge.judge(control, word, access) : word;
        if (answer < 0) {
            String name = faultName(answer);
            decideLast(name);
            conclusion = name + " (" + sectionOf(answer) + ")";
        } else {
            String domain =
                    DomainAccess.of(control.dacr(), TlbWord.domain(word)).name();
            conclusion = "permitted: domain " + TlbWord.domain(word) + " " + domain + " (B3.7)";
        }
        return answer;
    }

    List<Fetch> fetches() {
        return fetches;
    }

    /** What decided, after {@link #walk}. */
    String conclusion() {
        return conclusion == null ? "" : conclusion;
    }

    @Override
    public void fetched(int level, long at, int raw) {
        List<Field> fields = level == 1
                ? DescriptorText.level1(control.format(), raw)
                : DescriptorText.level2(control.format(), raw);
        String decision = level == 1
                ? DescriptorText.level1Decision(control.format(), raw)
                : DescriptorText.level2Decision(control.format(), raw);
        fetches.add(new Fetch("L" + level, "", at, List.of(raw & 0xFFFF_FFFFL), fields, decision));
    }

    @Override
    public void aborted(int level, long at) {
        fetches.add(new Fetch("L" + level, "", at, List.of(), List.of(), "external abort"));
    }

    /** A fault is what was concluded from the read before it. */
    private void decideLast(String name) {
        if (!fetches.isEmpty()) {
            Fetch last = fetches.remove(fetches.size() - 1);
            String decision = last.decision() + ": " + name;
            fetches.add(new Fetch(last.role(), last.purpose(), last.address(), last.raw(), last.fields(), decision));
        }
    }

    private String faultName(long fault) {
        if (FaultWord.isOutOfRange(fault)) {
            return "physical address " + DescriptorText.hex(FaultWord.page(fault)) + " is out of range";
        }
        String name = FaultStatus.of(FaultWord.status(fault)).map(Enum::name).orElse("?");
        return control.bases().isOff(address) ? name + ", walks are off" : name;
    }

    private static String sectionOf(long fault) {
        FaultStatus status = FaultStatus.of(FaultWord.status(fault)).orElse(FaultStatus.TRANSLATION_L1);
        return switch (status) {
            case ACCESS_FLAG_L1, ACCESS_FLAG_L2, DOMAIN_L1, DOMAIN_L2, PERMISSION_L1, PERMISSION_L2 -> "B3.7";
            default -> "B3.5";
        };
    }
}
