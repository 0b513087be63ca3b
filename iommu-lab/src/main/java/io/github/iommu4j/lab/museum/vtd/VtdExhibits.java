package io.github.iommu4j.lab.museum.vtd;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.Exhibit;
import java.util.List;
import java.util.stream.Stream;

/** The mistakes of Intel VT-d's driver, and of its page tables. */
public final class VtdExhibits {

    private VtdExhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each {@link io.github.iommu4j.vtd.driver.VtdErratum}, and one for each of the page-table code's errata
     *     that are about Intel's tables
     */
    public static List<Exhibit> exhibits() {
        return Stream.concat(DriverCases.cases().stream(), TableCases.cases().stream())
                .map(ErratumCase::exhibit)
                .toList();
    }
}
