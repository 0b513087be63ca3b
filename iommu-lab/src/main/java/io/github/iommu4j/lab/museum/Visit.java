package io.github.iommu4j.lab.museum;

import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;

/**
 * An exhibit seen from both sides.
 *
 * @param exhibit which
 * @param asItWas what its checker saw with the mistake
 * @param mended what it saw without
 * @param nanos how long both took
 */
public record Visit(Exhibit exhibit, Sighting asItWas, Sighting mended, long nanos) {

    static Visit of(Exhibit exhibit) {
        long start = System.nanoTime();
        Sighting asItWas = exhibit.show(Condition.AS_IT_WAS);
        Sighting mended = exhibit.show(Condition.MENDED);
        return new Visit(exhibit, asItWas, mended, System.nanoTime() - start);
    }

    /**
     * Whether the mistake is found.
     *
     * @return {@code true} when there is one finding with the exhibit's verdict in it
     */
    public boolean foundWhenOn() {
        return asItWas.findings().size() == 1 && asItWas.findings().get(0).contains(exhibit.verdict());
    }

    /**
     * Whether nothing is found without the mistake.
     *
     * @return {@code true} when there is no finding
     */
    public boolean silentWhenOff() {
        return mended.findings().isEmpty();
    }

    /**
     * Whether the exhibit does what it says.
     *
     * @return {@code true} when found with the mistake and silent without
     */
    public boolean agrees() {
        return foundWhenOn() && silentWhenOff();
    }
}
