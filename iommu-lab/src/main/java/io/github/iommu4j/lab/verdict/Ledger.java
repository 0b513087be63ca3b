package io.github.iommu4j.lab.verdict;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects the outcomes of lines. Not thread-safe. */
public final class Ledger {

    private final Map<Departure, Integer> deviations = new TreeMap<>(Comparator.comparing(Departure::name));
    private final List<Difference> differences = new ArrayList<>();

    /** An empty one. */
    public Ledger() {}

    /**
     * Judges one line.
     *
     * @param <R> the kind of line
     */
    @FunctionalInterface
    public interface Judge<R> {

        /**
         * Judges it.
         *
         * @param row the line
         * @return what became of it
         */
        RowOutcome judge(R row);
    }

    /**
     * Says where a line stands and what it is about.
     *
     * @param <R> the kind of line
     */
    @FunctionalInterface
    public interface Locator<R> {

        /**
         * Says it.
         *
         * @param row the line
         * @return its place
         */
        Place locate(R row);
    }

    /**
     * A line number and the access it speaks of.
     *
     * @param line from 1
     * @param access for a reader
     */
    public record Place(long line, String access) {}

    /**
     * Judges every line of a table.
     *
     * @param <R> the kind of line
     * @param file the table
     * @param rows its lines
     * @param judge judges one
     * @param locator says where one stands
     * @return how they came out
     */
    public <R> Tally judge(String file, List<R> rows, Judge<R> judge, Locator<R> locator) {
        int agree = 0;
        Map<String, Integer> skipped = new HashMap<>();
        for (R row : rows) {
            RowOutcome outcome = judge.judge(row);
            if (outcome instanceof RowOutcome.Skipped skip) {
                skipped.merge(skip.reason(), 1, Integer::sum);
            } else if (outcome instanceof RowOutcome.Differs differs) {
                Place place = locator.locate(row);
                differences.add(new Difference(
                        file, place.line(), place.access(), differs.what(), differs.expected(), differs.actual()));
            } else {
                agree++;
            }
            if (outcome instanceof RowOutcome.Deviates deviates) {
                deviates.deviations().forEach(deviation -> deviations.merge(deviation, 1, Integer::sum));
            }
        }
        return new Tally(rows.size(), agree, skipped);
    }

    /**
     * Where the reference departs from the specification.
     *
     * @return with the number of lines, by name
     */
    public Map<Departure, Integer> deviations() {
        return deviations;
    }

    /**
     * The lines that were not confirmed.
     *
     * @return in the order of the tables
     */
    public List<Difference> differences() {
        return differences;
    }
}
