package io.github.iommu4j.lab.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a comparison with recorded answers found. A row with several differences counts once.
 *
 * @param rows rows considered
 * @param agree rows in which nothing differs
 * @param skipped rows that are no expectation of a model of this scope, by reason, sorted
 * @param parts rows and agreeing rows of each machine or file
 * @param differences everything that differs
 */
public record CheckResult(
        int rows, int agree, Map<String, Integer> skipped, Map<String, Part> parts, List<Mismatch> differences) {

    /**
     * One machine or file.
     *
     * @param rows rows considered
     * @param agree rows in which nothing differs
     * @param skipped rows that are no expectation
     */
    public record Part(int rows, int agree, int skipped) {}

    /** Copies the collections. */
    public CheckResult {
        skipped = Collections.unmodifiableSortedMap(new TreeMap<>(skipped));
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        differences = List.copyOf(differences);
    }

    /**
     * Whether nothing differs.
     *
     * @return {@code true} when every row agrees or is skipped
     */
    public boolean agrees() {
        return differences.isEmpty();
    }

    /** Collects outcomes row by row. Confined to one thread. */
    public static final class Ledger {
        private int rows;
        private int agree;
        private final Map<String, Integer> skipped = new TreeMap<>();
        private final Map<String, Part> parts = new LinkedHashMap<>();
        private final List<Mismatch> differences = new ArrayList<>();

        /** Nothing judged yet. */
        public Ledger() {}

        /**
         * Counts a row that was judged.
         *
         * @param part its machine or file
         * @param found what differs in it
         */
        public void judged(String part, List<Mismatch> found) {
            rows++;
            agree += found.isEmpty() ? 1 : 0;
            differences.addAll(found);
            add(part, new Part(1, found.isEmpty() ? 1 : 0, 0));
        }

        /**
         * Counts a row that is no expectation.
         *
         * @param part its machine or file
         * @param reason why
         */
        public void skipped(String part, String reason) {
            rows++;
            skipped.merge(reason, 1, Integer::sum);
            add(part, new Part(1, 0, 1));
        }

        private void add(String part, Part one) {
            parts.merge(part, one, (a, b) -> new Part(a.rows + b.rows, a.agree + b.agree, a.skipped + b.skipped));
        }

        /**
         * All rows so far.
         *
         * @return the counts and the differences
         */
        public CheckResult result() {
            return new CheckResult(rows, agree, skipped, parts, differences);
        }
    }
}
