package io.github.iommu4j.lab.inspect.vtd;

import io.github.iommu4j.lab.view.StreamView;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What translates a source, as the structures say.
 *
 * @param kind which stages
 * @param first the first stage's tables
 * @param second the second stage's tables
 * @param settings the structures' fields, in the specification's names
 */
record Space(
        StreamView.Kind kind,
        Optional<PagingStructure> first,
        Optional<PagingStructure> second,
        Map<String, String> settings) {

    private static final int LEAST_LEVELS = 2;

    boolean isPresent() {
        return kind != StreamView.Kind.ABORT;
    }

    /** A context entry that leads to no PASID entry. */
    static Space absent(ScalableContextEntry context) {
        return space(StreamView.Kind.ABORT, Optional.empty(), Optional.empty(), settings(context));
    }

    private static Map<String, String> settings(ScalableContextEntry context) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("PASIDDIRPTR", hex(ScalableContextEntry.PASIDDIRPTR.inPlace(context.q0())));
        put(settings, "PDTS", ScalableContextEntry.PDTS.getInt(context.q0()));
        put(settings, "RID_PASID", ScalableContextEntry.RID_PASID.getInt(context.q1()));
        return settings;
    }

    static Space of(ContextEntry entry) {
        Map<String, String> settings = new LinkedHashMap<>();
        int type = ContextEntry.TT.getInt(entry.low());
        put(settings, "TT", type);
        put(settings, "AW", ContextEntry.AW.getInt(entry.high()));
        put(settings, "DID", ContextEntry.DID.getInt(entry.high()));
        if (ContextEntry.FPD.isSet(entry.low())) {
            put(settings, "FPD", 1);
        }
        if (type == ContextEntry.TT_PASS_THROUGH) {
            return space(StreamView.Kind.BYPASS, Optional.empty(), Optional.empty(), settings);
        }
        PagingStructure second = new PagingStructure(
                ContextEntry.SSPTPTR.inPlace(entry.low()), LEAST_LEVELS + ContextEntry.AW.getInt(entry.high()));
        settings.put("SSPTPTR", hex(second.table()));
        return space(StreamView.Kind.STAGE_2, Optional.empty(), Optional.of(second), settings);
    }

    static Space of(ScalableContextEntry context, PasidEntry entry) {
        if (!PasidEntry.P.isSet(entry.q0())) {
            return absent(context);
        }
        Map<String, String> settings = settings(context);
        int type = PasidEntry.PGTT.getInt(entry.q0());
        put(settings, "PGTT", type);
        put(settings, "DID", PasidEntry.DID.getInt(entry.q1()));
        PagingStructure first =
                new PagingStructure(PasidEntry.FSPTPTR.inPlace(entry.q2()), 4 + PasidEntry.FSPM.getInt(entry.q2()));
        PagingStructure second = new PagingStructure(
                PasidEntry.SSPTPTR.inPlace(entry.q0()), LEAST_LEVELS + PasidEntry.AW.getInt(entry.q0()));
        return switch (type) {
            case PasidEntry.PGTT_FIRST_STAGE -> {
                firstStage(settings, first, entry);
                yield space(StreamView.Kind.STAGE_1, Optional.of(first), Optional.empty(), settings);
            }
            case PasidEntry.PGTT_SECOND_STAGE -> {
                secondStage(settings, second, entry);
                yield space(StreamView.Kind.STAGE_2, Optional.empty(), Optional.of(second), settings);
            }
            case PasidEntry.PGTT_NESTED -> {
                firstStage(settings, first, entry);
                secondStage(settings, second, entry);
                yield space(StreamView.Kind.NESTED, Optional.of(first), Optional.of(second), settings);
            }
            default -> space(StreamView.Kind.BYPASS, Optional.empty(), Optional.empty(), settings);
        };
    }

    private static void firstStage(Map<String, String> settings, PagingStructure first, PasidEntry entry) {
        settings.put("FSPTPTR", hex(first.table()));
        put(settings, "FSPM", PasidEntry.FSPM.getInt(entry.q2()));
        put(settings, "SRE", PasidEntry.SRE.getInt(entry.q2()));
        put(settings, "WPE", PasidEntry.WPE.getInt(entry.q2()));
        put(settings, "NXE", PasidEntry.NXE.getInt(entry.q2()));
    }

    private static void secondStage(Map<String, String> settings, PagingStructure second, PasidEntry entry) {
        settings.put("SSPTPTR", hex(second.table()));
        put(settings, "AW", PasidEntry.AW.getInt(entry.q0()));
        put(settings, "SSADE", PasidEntry.SSADE.getInt(entry.q0()));
    }

    private static Space space(
            StreamView.Kind kind,
            Optional<PagingStructure> first,
            Optional<PagingStructure> second,
            Map<String, String> settings) {
        return new Space(kind, first, second, Collections.unmodifiableMap(settings));
    }

    private static void put(Map<String, String> settings, String name, int value) {
        settings.put(name, hex(value));
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
