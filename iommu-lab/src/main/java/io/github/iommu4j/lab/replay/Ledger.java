package io.github.iommu4j.lab.replay;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects the outcomes of lines. */
final class Ledger {

    private final Map<ReferenceDeviation, Integer> deviations = new EnumMap<>(ReferenceDeviation.class);
    private final List<Difference> differences = new ArrayList<>();

    /** Judges one line. */
    @FunctionalInterface
    interface Judge<R> {
        RowOutcome judge(R row);
    }

    /** Says where a line stands and what it is about. */
    @FunctionalInterface
    interface Locator<R> {
        Place locate(R row);
    }

    /** A line number and the access it speaks of. */
    record Place(long line, String access) {}

    <R> Tally judge(String file, List<R> rows, Judge<R> judge, Locator<R> locator) {
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

    Map<ReferenceDeviation, Integer> deviations() {
        return deviations;
    }

    List<Difference> differences() {
        return differences;
    }
}
