package io.github.iommu4j.lab.vector;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One side effect of a call. Immutable.
 *
 * @param kind what happened
 * @param numbers with which numbers: usually an address and a size
 */
public record TableEvent(String kind, List<Long> numbers) {

    /** Copies the list. */
    public TableEvent {
        numbers = List.copyOf(numbers);
    }

    /**
     * An event.
     *
     * @param kind what happened
     * @param numbers with which numbers
     * @return the event
     */
    public static TableEvent of(String kind, Long... numbers) {
        return new TableEvent(kind, List.of(numbers));
    }

    @Override
    public String toString() {
        return numbers.stream().map(Members::text).collect(Collectors.joining(",", "[" + kind + " ", "]"));
    }
}
