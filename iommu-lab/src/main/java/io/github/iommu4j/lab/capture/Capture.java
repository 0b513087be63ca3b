package io.github.iommu4j.lab.capture;

import java.util.List;

/**
 * A capture in memory. Immutable.
 *
 * @param name the capture's name
 * @param family the hardware
 * @param registers the registers
 * @param image the memory
 * @param translations translations the reference machine made, which still hold
 * @param probes accesses the reference machine was told to do
 * @param unmapped accesses an independent walker finds refused
 * @param events event records of the reference machine, for families that write such into a queue
 * @param faults faults the reference machine reported, for families that record them in registers
 */
public record Capture(
        String name,
        Family family,
        RegisterDump registers,
        MemoryImage image,
        List<TranslationRow> translations,
        List<ProbeRow> probes,
        List<UnmappedRow> unmapped,
        List<EventRow> events,
        List<FaultRow> faults) {

    /** Copies the lists. */
    public Capture {
        translations = List.copyOf(translations);
        probes = List.copyOf(probes);
        unmapped = List.copyOf(unmapped);
        events = List.copyOf(events);
        faults = List.copyOf(faults);
    }
}
