package io.github.iommu4j.vtd.hardware;

import java.util.EnumSet;
import java.util.Set;

/** Which deviations are on. Immutable. */
final class Deviations {

    private final EnumSet<VtdDeviation> on;

    Deviations(Set<VtdDeviation> on) {
        this.on = EnumSet.noneOf(VtdDeviation.class);
        this.on.addAll(on);
    }

    boolean has(VtdDeviation deviation) {
        return on.contains(deviation);
    }
}
