package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import java.util.List;
import java.util.Set;

/**
 * A historical mistake that can be shown: the same steps with the erratum off are silent, and with it on are reported.
 *
 * @param erratum the mistake
 * @param reproduction what is done, in one sentence
 * @param checker what watches
 * @param verdict words of the one report when the erratum is on
 * @param scenario the steps
 */
public record ErratumCase(Erratum erratum, String reproduction, String checker, String verdict, Scenario scenario) {

    /** Steps on a machine of their own. */
    @FunctionalInterface
    public interface Scenario {

        /**
         * Does the steps.
         *
         * @param errata the errata that are on
         * @return what the checker reported
         */
        List<String> run(Set<Erratum> errata);
    }

    /**
     * Does the steps as they are right.
     *
     * @return what the checker reported: nothing
     */
    public List<String> runWithout() {
        return scenario.run(Set.of());
    }

    /**
     * Does the steps with the erratum on.
     *
     * @return what the checker reported: one line with {@link #verdict} in it
     */
    public List<String> runWith() {
        return scenario.run(Set.of(erratum));
    }

    /**
     * The case as an exhibit.
     *
     * @return an exhibit whose id is the erratum's name in lower case with hyphens
     */
    public Exhibit exhibit() {
        return Exhibit.of(
                erratum,
                checker,
                verdict,
                condition -> Exhibit.Sighting.of(condition == Exhibit.Condition.AS_IT_WAS ? runWith() : runWithout()));
    }

    @Override
    public String toString() {
        return erratum.name();
    }
}
