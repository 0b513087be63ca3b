package io.github.iommu4j.lab.museum.tipat;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.tipat.driver.TiPatErratum;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mistakes of the PAT's driver do not depend on each other. */
class TiPatCasesTest {

    static List<ErratumCase> cases() {
        return TiPatExhibits.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noOtherErratumTripsTheChecker(ErratumCase erratum) {
        for (TiPatErratum other : TiPatErratum.values()) {
            if (other != erratum.erratum()) {
                assertThat(erratum.scenario().run(Set.of(other)))
                        .as("%s", other)
                        .isEmpty();
            }
        }
    }
}
