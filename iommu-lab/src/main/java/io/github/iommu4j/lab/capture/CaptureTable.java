package io.github.iommu4j.lab.capture;

import java.util.List;
import java.util.Set;

/**
 * The tables of a capture, with their files and columns. What is written has all columns; a reader may do without some.
 *
 * @param file its name in the capture's directory
 * @param columns all columns, in the order they are written in
 * @param required those that have to be there when it is read, in any order
 */
record CaptureTable(String file, List<String> columns, List<String> required) {

    /** The registers, of any family. */
    static final CaptureTable REGISTERS = of("regs.csv", List.of("name", "offset", "bytes", "value"));

    /** Where in {@code pages.bin.gz} the pages of memory are. */
    static final CaptureTable PAGES = of("pages.csv", List.of("gpa", "offset"));

    /** Translations that were made of an SMMUv3. */
    static final CaptureTable SMMU_TRANSLATIONS = of("qemu_translations.csv", translation("qemu_perm"));

    /** Translations that were made of VT-d. */
    static final CaptureTable VTD_TRANSLATIONS = of("qemu_translations.csv", translation("qemu_mask"), "qemu_mask");

    /** Accesses that were tried on an SMMUv3. */
    static final CaptureTable SMMU_PROBES = of("probe.csv", probe("qemu_perm"));

    /** Accesses that were tried on VT-d. */
    static final CaptureTable VTD_PROBES = of("probe.csv", probe("qemu_mask"), "qemu_mask", "qemu_event_raw");

    /** Accesses that the specification refuses. */
    static final CaptureTable UNMAPPED = of("walker_unmapped.csv", List.of("sid", "iova", "access", "fault"));

    /** Event records of an SMMUv3. */
    static final CaptureTable EVENTS = of(
            "events.csv",
            List.of(
                    "index",
                    "sid",
                    "type",
                    "name",
                    "input_addr",
                    "rnw",
                    "class",
                    "s2",
                    "pnu",
                    "ind",
                    "ssv",
                    "ssid",
                    "stall",
                    "addr2",
                    "raw_le_bytes"),
            "index");

    /** Faults that VT-d reported. */
    static final CaptureTable FAULTS = of("qemu_faults.csv", List.of("sid", "addr", "reason", "write"));

    CaptureTable {
        columns = List.copyOf(columns);
        required = List.copyOf(required);
    }

    /** @param unread columns that no row is made of */
    private static CaptureTable of(String file, List<String> columns, String... unread) {
        Set<String> superfluous = Set.of(unread);
        return new CaptureTable(
                file,
                columns,
                columns.stream().filter(column -> !superfluous.contains(column)).toList());
    }

    static CaptureTable translations(Family family) {
        return family == Family.VTD ? VTD_TRANSLATIONS : SMMU_TRANSLATIONS;
    }

    static CaptureTable probes(Family family) {
        return family == Family.VTD ? VTD_PROBES : SMMU_PROBES;
    }

    private static List<String> translation(String fourth) {
        return List.of("sid", "iova", "pa", fourth, "walker_kind", "walker_size", "walker_r", "walker_w");
    }

    private static List<String> probe(String seventh) {
        return List.of(
                "sid",
                "iova",
                "len",
                "access",
                "qemu_verdict",
                "qemu_pa",
                seventh,
                "qemu_event",
                "qemu_event_raw",
                "walker_verdict",
                "walker_pa",
                "agree",
                "note");
    }
}
