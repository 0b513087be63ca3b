package io.github.iommu4j.lab.museum.smmuv3;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.Exhibit;
import java.util.List;

/** The mistakes of SMMUv3's driver. */
public final class Smmuv3Exhibits {

    private Smmuv3Exhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each {@link io.github.iommu4j.smmuv3.driver.Smmuv3Erratum}
     */
    public static List<Exhibit> exhibits() {
        return DriverCases.cases().stream().map(ErratumCase::exhibit).toList();
    }
}
