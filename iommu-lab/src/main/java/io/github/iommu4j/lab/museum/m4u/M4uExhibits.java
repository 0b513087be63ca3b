package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.Exhibit;
import java.util.ArrayList;
import java.util.List;

/** The mistakes of the M4U's driver. */
public final class M4uExhibits {

    private M4uExhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each {@link io.github.iommu4j.armshort.driver.M4uErratum}
     */
    public static List<Exhibit> exhibits() {
        List<Exhibit> all = new ArrayList<>();
        FaultCases.cases().stream().map(ErratumCase::exhibit).forEach(all::add);
        InvalidationCases.cases().stream().map(ErratumCase::exhibit).forEach(all::add);
        all.add(UnlockedRegisters.exhibit());
        return all;
    }
}
