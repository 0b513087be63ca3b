package io.github.iommu4j.lab.verdict;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the lines of one table, or of all, came out. {@code rows = agree + skipped + differences}.
 *
 * @param rows lines considered
 * @param agree lines where our model does what the reference did, or follows the specification where the reference
 *     departs from it
 * @param skipped lines that are no expectation, by reason, sorted
 */
public record Tally(int rows, int agree, Map<String, Integer> skipped) {

    /** No lines. */
    public static final Tally NONE = new Tally(0, 0, Map.of());

    /** Copies the map, sorted. */
    public Tally {
        skipped = Collections.unmodifiableSortedMap(new TreeMap<>(skipped));
    }

    /**
     * How many lines were skipped.
     *
     * @return the sum over all reasons
     */
    public int skippedRows() {
        return skipped.values().stream().mapToInt(Integer::intValue).sum();
    }

    /**
     * Both together.
     *
     * @param other another
     * @return the sums
     */
    public Tally plus(Tally other) {
        Map<String, Integer> reasons = new TreeMap<>(skipped);
        other.skipped.forEach((reason, count) -> reasons.merge(reason, count, Integer::sum));
        return new Tally(rows + other.rows, agree + other.agree, reasons);
    }
}
