package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.memory.ForetoldMemory;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.L1ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains one translation: runs the same path as a translation, with no caches and with an observer that writes down
 * every read. Nothing is updated and nothing waits: the tag of a stall is 0. One instance explains once; not thread-safe.
 */
final class Explainer implements FetchObserver {

    private final Smmuv3Capabilities capabilities;
    private final TranslationPath path;
    private final List<Fetch> fetches = new ArrayList<>();
    private String purpose = "";
    private @Nullable StreamTableEntry entry;
    private @Nullable ContextDescriptor context;
    private boolean hostExtensions;

    Explainer(PhysicalMemory memory, Smmuv3Capabilities capabilities) {
        this.capabilities = capabilities;
        CacheEpoch epoch = new CacheEpoch();
        Counters counters = new Counters();
        ConfigCaches configs = new ConfigCaches(CacheGeometry.OFF, epoch);
        Iotlb tlb = new Iotlb(CacheGeometry.OFF, epoch);
        // Where tables lead to themselves, one level may find what another has updated.
        PhysicalMemory foretold = new ForetoldMemory(memory);
        Walker walker = new Walker(foretold, tlb, counters, new TableUpdates(foretold, epoch), this);
        ConfigLoader loader = new ConfigLoader(foretold, capabilities, walker, counters, this);
        path = new TranslationPath(capabilities, configs, tlb, loader, walker, counters);
    }

    Explanation explain(ControlState now, DmaRequest request) {
        hostExtensions = now.el2HostExtensions();
        int access = request.accessBits();
        long word = path.translate(now, 0, request.streamId(), request.substreamId(), request.iova(), access);
        if (word >= 0) {
            Translation ok = TlbWord.translation(word, request.iova());
            return new Explanation(request, fetches, ok, List.of(), conclusionOfSuccess(now, word, request));
        }
        boolean recorded = !FaultWord.isSilent(word);
        long packed = Translator.packed(word, access);
        Translation fault = Translator.fault(recorded ? Translations.recorded(packed) : packed);
        List<Long> event = List.of();
        if (recorded) {
            event = List.of(
                    EventComposer.dw0(word, request.streamId(), request.substreamId(), access),
                    EventComposer.dw1(word, access),
                    EventComposer.dw2(word, request.iova()),
                    EventComposer.dw3(word));
        }
        decideLast(word);
        return new Explanation(request, fetches, fault, event, conclusionOfFault(now, word));
    }

    @Override
    public void l1std(long address, L1StreamTableDescriptor descriptor) {
        int span = descriptor.span();
        add(
                "L1STD",
                address,
                List.of(descriptor.raw()),
                fields("Span", span, "L2Ptr", descriptor.l2Ptr()),
                span == 0 ? "invalid" : (1 << span - 1) + " STEs at 0x" + Long.toHexString(descriptor.l2Ptr()));
    }

    @Override
    public void ste(long address, StreamTableEntry ste) {
        entry = ste;
        SteRule broken = SteRule.brokenBy(ste, capabilities);
        add(
                "STE",
                address,
                List.of(ste.dw0(), ste.dw1(), ste.dw2(), ste.dw3(), ste.dw4(), ste.dw5(), ste.dw6(), ste.dw7()),
                StructureFields.of(ste),
                broken != null ? "ILLEGAL: " + broken.text() : StructureFields.configName(ste.config()));
    }

    @Override
    public void l1cd(long address, L1ContextDescriptor descriptor) {
        add(
                "L1CD",
                address,
                List.of(descriptor.raw()),
                fields("V", descriptor.valid() ? 1 : 0, "L2Ptr", descriptor.l2Ptr()),
                descriptor.valid() ? "CDs at 0x" + Long.toHexString(descriptor.l2Ptr()) : "invalid");
    }

    @Override
    public void cd(long address, ContextDescriptor cd) {
        context = cd;
        CdRule broken = brokenCd(cd);
        add(
                "CD",
                address,
                List.of(cd.dw0(), cd.dw1(), cd.dw2(), cd.dw3(), cd.dw4(), cd.dw5(), cd.dw6(), cd.dw7()),
                StructureFields.of(cd),
                broken != null ? "ILLEGAL: " + broken.text() : "legal");
    }

    @Override
    public void stage1(long address, long descriptor, int level, TableFormat table) {
        purpose = "";
        add(
                "S1 L" + level,
                address,
                List.of(descriptor),
                StructureFields.stage1(descriptor, level),
                decision(descriptor, level, table));
    }

    @Override
    public void stage2(long address, long descriptor, int level, TableFormat table) {
        add(
                "S2 L" + level,
                address,
                List.of(descriptor),
                StructureFields.stage2(descriptor, level),
                decision(descriptor, level, table));
    }

    /** The descriptor was the last thing read. */
    @Override
    public void update(long address, long before, long after) {
        boolean dirties = TableFormat.isDirtying(before, after);
        boolean flags = (before ^ after) != 0 && !dirties || Long.bitCount(before ^ after) > 1;
        amendLast(
                "; updated: " + (flags ? "AF=1" : "") + (flags && dirties ? ", " : "") + (dirties ? "made dirty" : ""));
    }

    @Override
    public void stage2Of(Purpose of, int level, long ipa) {
        String what = switch (of) {
            case ACCESS -> "the access";
            case STAGE1_DESCRIPTOR -> "S1 L" + level + " descriptor";
            case STAGE1_UPDATE -> "S1 L" + level + " update";
            default -> of.name();
        };
        purpose = "IPA 0x" + Long.toHexString(ipa) + " of " + what;
    }

    @Override
    public void aborted(Purpose of, int level, long address) {
        String role = switch (of) {
            case STAGE1_DESCRIPTOR -> "S1 L" + level;
            case STAGE2_DESCRIPTOR -> "S2 L" + level;
            default -> of.name();
        };
        if (of != Purpose.STAGE2_DESCRIPTOR) {
            purpose = "";
        }
        add(role, address, List.of(), List.of(), "external abort");
    }

    private void add(String role, long address, List<Long> raw, List<Field> fields, String decision) {
        boolean ofStage2 = role.startsWith("S2");
        fetches.add(new Fetch(role, ofStage2 ? purpose : "", address, raw, fields, decision));
    }

    private static String decision(long descriptor, int level, TableFormat table) {
        if (TableFormat.isTable(descriptor, level)) {
            return "table at 0x" + Long.toHexString(table.address(descriptor));
        }
        if (!table.isLeaf(descriptor, level)) {
            return "invalid";
        }
        int sizeLg2 = table.sizeLg2(level);
        return (level == TableFormat.LAST_LEVEL ? "page" : "block") + " of 2^" + sizeLg2 + " bytes at 0x"
                + Long.toHexString(table.output(descriptor, sizeLg2));
    }

    /** A fault is what was concluded from the read before it. */
    private void decideLast(long word) {
        if (!fetches.isEmpty() && FaultWord.code(word) != FaultWord.ABORT) {
            amendLast(": " + name(word));
        }
    }

    private void amendLast(String more) {
        Fetch last = fetches.remove(fetches.size() - 1);
        String decision = last.decision() + more;
        fetches.add(new Fetch(last.role(), last.purpose(), last.address(), last.raw(), last.fields(), decision));
    }

    private @Nullable CdRule brokenCd(ContextDescriptor cd) {
        return entry == null ? null : CdRule.brokenBy(cd, Stream.of(entry, capabilities, hostExtensions), capabilities);
    }

    private static String conclusionOfSuccess(ControlState now, long word, DmaRequest request) {
        if (request.addressType() == AddressType.TRANSLATION_REQUEST && TlbWord.permissions(word) == 0) {
            return "Success, R=W=0 (\u00a73.9.1)";
        }
        if (TlbWord.sizeLg2(word) > TlbWord.LARGEST_REGION) {
            return now.enabled()
                    ? "bypassed (\u00a73.4)"
                    : "SMMUEN=0: bypassed as GBPA says (\u00a73.11, \u00a76.3.14)";
        }
        return request.access() + " permitted (\u00a73.4)";
    }

    private String conclusionOfFault(ControlState now, long word) {
        String rule = brokenRule(word);
        return Conclusions.of(now, word)
                + (rule.isEmpty() ? "" : ": " + rule)
                + (FaultWord.isStalled(word) ? "; stalls (\u00a73.12)" : "")
                + (FaultWord.isSilent(word) ? "; not recorded" : "");
    }

    private String brokenRule(long word) {
        if (FaultWord.code(word) == FaultWord.C_BAD_STE && entry != null) {
            SteRule broken = SteRule.brokenBy(entry, capabilities);
            return broken == null ? "" : broken.text();
        }
        if (FaultWord.code(word) == FaultWord.C_BAD_CD && context != null) {
            CdRule broken = brokenCd(context);
            return broken == null ? "" : broken.text();
        }
        return "";
    }

    private static String name(long word) {
        return EventType.of(FaultWord.code(word)).map(Enum::name).orElse("ABORT");
    }

    private static List<Field> fields(String first, long one, String second, long two) {
        return List.of(new Field(first, StructureFields.hex(one)), new Field(second, StructureFields.hex(two)));
    }
}
