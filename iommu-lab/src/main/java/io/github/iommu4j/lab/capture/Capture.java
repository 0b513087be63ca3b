package io.github.iommu4j.lab.capture;

import java.util.List;

/**
 * A capture in memory. Immutable.
 *
 * @param name the capture's name
 * @param registers the registers
 * @param image the memory
 * @param translations translations the reference machine made, which still hold
 * @param probes accesses the reference machine was told to do
 * @param unmapped accesses an independent walker finds refused
 * @param events event records of the reference machine
 */
public record Capture(
        String name,
        RegisterDump registers,
        MemoryImage image,
        List<TranslationRow> translations,
        List<ProbeRow> probes,
        List<UnmappedRow> unmapped,
        List<EventRow> events) {

    /** Copies the lists. */
    public Capture {
        translations = List.copyOf(translations);
        probes = List.copyOf(probes);
        unmapped = List.copyOf(unmapped);
        events = List.copyOf(events);
    }
}
