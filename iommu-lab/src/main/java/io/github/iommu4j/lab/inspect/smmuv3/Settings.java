package io.github.iommu4j.lab.inspect.smmuv3;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What structures say, in the specification's names, as far as it decides the translation. */
final class Settings {

    private static final String[] OUTPUT_BITS = {"32", "36", "40", "42", "44", "48", "52", "52"};

    private Settings() {}

    static Map<String, String> of(StreamTableEntry entry, Optional<ContextDescriptor> context) {
        Map<String, String> settings = new LinkedHashMap<>();
        if (entry.usesStage1()) {
            settings.put("S1ContextPtr", hex(StreamTableEntry.S1CONTEXTPTR.inPlace(entry.dw0())));
            settings.put("S1CDMax", Long.toString(StreamTableEntry.S1CDMAX.get(entry.dw0())));
        }
        context.ifPresent(cd -> stage1(settings, cd));
        if (entry.usesStage2()) {
            stage2(settings, entry);
        }
        return Collections.unmodifiableMap(settings);
    }

    private static void stage1(Map<String, String> settings, ContextDescriptor cd) {
        settings.put("ASID", hex(ContextDescriptor.ASID.get(cd.dw0())));
        settings.put("IPS", bits(ContextDescriptor.IPS.getInt(cd.dw0())));
        if (!ContextDescriptor.EPD0.isSet(cd.dw0())) {
            half(settings, "0", Regime.lower(cd));
        }
        if (!ContextDescriptor.EPD1.isSet(cd.dw0())) {
            half(settings, "1", Regime.upper(cd));
        }
        settings.put("MAIR", hex(cd.dw3()));
    }

    private static void half(Map<String, String> settings, String suffix, Regime regime) {
        settings.put("TTB" + suffix, hex(regime.table()));
        settings.put("VA" + suffix + " bits", Integer.toString(regime.inputBits()));
        settings.put("TG" + suffix, granule(regime.granuleLg2()));
    }

    private static void stage2(Map<String, String> settings, StreamTableEntry entry) {
        Regime regime = Regime.stage2(entry);
        settings.put("S2VMID", hex(StreamTableEntry.S2VMID.get(entry.dw2())));
        settings.put("S2PS", bits(StreamTableEntry.S2PS.getInt(entry.dw2())));
        settings.put("S2TTB", hex(regime.table()));
        settings.put("IPA bits", Integer.toString(regime.inputBits()));
        settings.put("S2TG", granule(regime.granuleLg2()));
        settings.put("start level", Integer.toString(regime.startLevel()));
    }

    private static String bits(int code) {
        return OUTPUT_BITS[code] + " bits";
    }

    private static String granule(int lg2) {
        return lg2 == 0 ? "reserved" : (1 << lg2 - 10) + " KiB";
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
