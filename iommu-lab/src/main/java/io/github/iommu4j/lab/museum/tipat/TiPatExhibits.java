package io.github.iommu4j.lab.museum.tipat;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.Exhibit;
import java.util.List;
import java.util.stream.Stream;

/** The mistakes of the PAT's driver. */
public final class TiPatExhibits {

    private TiPatExhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each {@link io.github.iommu4j.tipat.driver.TiPatErratum}
     */
    public static List<Exhibit> exhibits() {
        return cases().stream().map(ErratumCase::exhibit).toList();
    }

    static List<ErratumCase> cases() {
        return Stream.of(BufferCases.cases(), WindowCases.cases())
                .flatMap(List::stream)
                .toList();
    }
}
