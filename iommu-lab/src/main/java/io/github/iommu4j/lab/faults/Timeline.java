package io.github.iommu4j.lab.faults;

import java.util.ArrayList;
import java.util.List;

/** What happened, in order. Not thread-safe: one task at a time writes. */
public final class Timeline {

    /** Where something happens. */
    public enum Place {
        /** The device. */
        DEVICE,
        /** What the unit would answer now, with every read behind it; more than one line. */
        UNIT,
        /** The unit's queue of records, in memory. */
        QUEUE,
        /** The core. */
        KERNEL,
        /** Whoever gets the page. */
        HANDLER,
        /** The driver's answer, in the unit's queue of commands. */
        RESPONSE
    }

    /**
     * Something that happened.
     *
     * @param place where
     * @param text what
     */
    public record Step(Place place, String text) {}

    private final List<Step> steps = new ArrayList<>();

    Timeline() {}

    void add(Place place, String text) {
        steps.add(new Step(place, text));
    }

    void addAll(Place place, List<String> texts) {
        texts.forEach(text -> add(place, text));
    }

    /**
     * What happened so far.
     *
     * @return oldest first
     */
    public List<Step> steps() {
        return List.copyOf(steps);
    }
}
