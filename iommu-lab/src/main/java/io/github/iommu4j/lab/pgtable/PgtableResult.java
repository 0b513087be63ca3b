package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.lab.check.CheckResult;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a replay of page-table calls found.
 *
 * @param comparison rows that agree and rows that differ; a row in which the reference shows a known defect and ours is
 *     right agrees
 * @param deviations the known defects of the reference that were met, with the number of rows
 */
public record PgtableResult(CheckResult comparison, SortedMap<Erratum, Integer> deviations) {

    /** Copies the map. */
    public PgtableResult {
        deviations = Collections.unmodifiableSortedMap(byName(deviations));
    }

    private static SortedMap<Erratum, Integer> byName(Map<Erratum, Integer> deviations) {
        SortedMap<Erratum, Integer> sorted = new TreeMap<>(Comparator.comparing(Erratum::name));
        sorted.putAll(deviations);
        return sorted;
    }
}
