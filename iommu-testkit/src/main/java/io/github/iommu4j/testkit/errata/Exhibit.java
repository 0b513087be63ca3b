package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A historical mistake that can be watched: as it was it is found, and mended it is not.
 *
 * @param id what it is asked for by, such as {@code vtd-2019-softirq-inversion}
 * @param story what went wrong, when, with which symptom, and how it was mended
 * @param checker what finds it
 * @param verdict words of the finding
 * @param mended what the mending changed, in one sentence
 * @param demonstration does it
 */
public record Exhibit(
        String id, String story, String checker, String verdict, String mended, Demonstration demonstration) {

    /** As it was, or mended. */
    public enum Condition {
        /** With the mistake. */
        AS_IT_WAS,
        /** Without. */
        MENDED
    }

    /** Shows the mistake on a model of its own. */
    @FunctionalInterface
    public interface Demonstration {

        /**
         * Shows it.
         *
         * @param condition with or without the mistake
         * @return what the checker saw
         */
        Sighting show(Condition condition);
    }

    /**
     * What a checker saw.
     *
     * @param findings one line each; none when everything was right
     * @param text the whole report, interleaving included, as a reader would want it; empty when nothing was found
     * @param schedules how many interleavings were tried; 1 where one is enough
     * @param reports what a lock validator reported, as values; empty when it is not about an order of locks
     */
    public record Sighting(List<String> findings, String text, long schedules, List<LockReport> reports) {

        /** Copies the lists. */
        public Sighting {
            findings = List.copyOf(findings);
            reports = List.copyOf(reports);
        }

        /**
         * Findings that are their own report.
         *
         * @param findings one line each
         * @return a sighting of one schedule
         */
        public static Sighting of(List<String> findings) {
            return new Sighting(findings, String.join("\n", findings), 1, List.of());
        }

        /**
         * What an explorer found.
         *
         * @param exploration tried schedules
         * @return a sighting with the interleaving as its text, and no finding when nothing was found
         */
        public static Sighting of(Exploration exploration) {
            List<String> findings = exploration.finding().stream()
                    .map(finding -> finding.kind() + ": " + finding.description())
                    .toList();
            String text = exploration.finding().map(Finding::toText).orElse("");
            return new Sighting(findings, text, exploration.schedules(), List.of());
        }

        /**
         * The locks it is about.
         *
         * @return in Graphviz's language; empty when it is not about an order of locks
         */
        public String graph() {
            return reports.stream().map(LockReport::toDot).collect(Collectors.joining("\n"));
        }
    }

    /**
     * An exhibit of an erratum that can be switched on.
     *
     * @param erratum the mistake; its story's last "Mended" begins what mended it
     * @param checker what finds it
     * @param verdict words of the finding
     * @param demonstration does it
     * @return an exhibit whose id is the erratum's name in lower case with hyphens
     */
    public static Exhibit of(Erratum erratum, String checker, String verdict, Demonstration demonstration) {
        String id = erratum.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String story = erratum.story();
        String mended = story.substring(Math.max(0, story.lastIndexOf("Mended")));
        return new Exhibit(id, story, checker, verdict, mended, demonstration);
    }

    /**
     * Shows it.
     *
     * @param condition with or without the mistake
     * @return what the checker saw
     */
    public Sighting show(Condition condition) {
        return demonstration.show(condition);
    }

    @Override
    public String toString() {
        return id;
    }
}
