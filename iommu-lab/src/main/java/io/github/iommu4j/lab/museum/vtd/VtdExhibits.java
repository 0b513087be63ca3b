package io.github.iommu4j.lab.museum.vtd;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.Exhibit;
import java.util.List;

/** The mistakes of Intel VT-d's driver. */
public final class VtdExhibits {

    private VtdExhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each {@link io.github.iommu4j.vtd.driver.VtdErratum}
     */
    public static List<Exhibit> exhibits() {
        return DriverCases.cases().stream().map(ErratumCase::exhibit).toList();
    }
}
