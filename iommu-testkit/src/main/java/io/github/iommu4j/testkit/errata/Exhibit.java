package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import java.util.List;
import java.util.Locale;

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
     * @param graph the locks it is about, in Graphviz's language; empty when it is not about an order of locks
     */
    public record Sighting(List<String> findings, String text, long schedules, String graph) {

        /** Copies the list. */
        public Sighting {
            findings = List.copyOf(findings);
        }

        /**
         * Findings that are their own report.
         *
         * @param findings one line each
         * @return a sighting of one schedule
         */
        public static Sighting of(List<String> findings) {
            return new Sighting(findings, String.join("\n", findings), 1, "");
        }

        /**
         * What interleavings showed.
         *
         * @param exploration an ended exploration
         * @return a sighting with its number of schedules; where something was found, kind and description in one line, and
         *     the table of the interleaving as the report
         */
        public static Sighting of(Exploration exploration) {
            List<String> findings = exploration.finding().stream()
                    .map(finding -> finding.kind() + ": " + finding.description())
                    .toList();
            String text = exploration.finding().map(Finding::toText).orElse("");
            return new Sighting(findings, text, exploration.schedules(), "");
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
