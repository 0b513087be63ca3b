package io.github.iommu4j.lab.capture;

import java.util.List;

/**
 * A line of {@code events.csv}: an event record as the reference machine wrote it.
 *
 * @param line line number, from 1
 * @param name the event's name
 * @param decoded the columns of the line, packed again as an event record; only fields that have a column
 * @param words the record itself, four little-endian words
 */
public record EventRow(long line, String name, List<Long> decoded, List<Long> words) {

    /** Copies the lists. */
    public EventRow {
        decoded = List.copyOf(decoded);
        words = List.copyOf(words);
    }
}
