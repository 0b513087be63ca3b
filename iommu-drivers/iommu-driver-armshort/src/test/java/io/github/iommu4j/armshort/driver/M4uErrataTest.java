package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.testkit.errata.ErratumCase;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each historical mistake from both sides. */
class M4uErrataTest {

    static List<ErratumCase> cases() {
        return M4uErrata.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theCheckerIsSilentWithoutTheMistake(ErratumCase erratum) {
        assertThat(erratum.runWithout()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theCheckerReportsTheMistake(ErratumCase erratum) {
        assertThat(erratum.runWith())
                .as(erratum.reproduction())
                .singleElement()
                .asString()
                .contains(erratum.verdict());
    }

    @Test
    void everyMistakeHasACaseAndAStory() {
        assertThat(cases()).extracting(ErratumCase::erratum).hasSameElementsAs(List.of(M4uErratum.values()));
        for (M4uErratum erratum : M4uErratum.values()) {
            assertThat(erratum.story()).hasSizeGreaterThan(80);
        }
    }
}
