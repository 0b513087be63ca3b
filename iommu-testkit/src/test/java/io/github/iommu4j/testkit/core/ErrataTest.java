package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.fault.FaultErratum;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.testkit.errata.CoreErrata;
import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.errata.FaultErrata;
import io.github.iommu4j.testkit.errata.PageTableErrata;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each historical mistake from both sides. */
final class ErrataTest {

    static List<ErratumCase> cases() {
        return Stream.of(CoreErrata.cases(), FaultErrata.cases(), PageTableErrata.cases())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withTheErratumOffItsCheckerIsSilent(ErratumCase erratum) {
        assertThat(erratum.runWithout()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withTheErratumOnItsCheckerReportsExactlyIt(ErratumCase erratum) {
        assertThat(erratum.runWith()).singleElement().asString().contains(erratum.verdict());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aCaseTellsItsStory(ErratumCase erratum) {
        assertThat(erratum.reproduction()).endsWith(".");
        assertThat(erratum.checker()).isNotBlank();
        assertThat(erratum.erratum().story()).containsPattern("20\\d\\d|6\\.\\d");
    }

    @Test
    void everyErratumOfTheCoreHasOneCase() {
        assertThat(CoreErrata.cases()).extracting(ErratumCase::erratum).containsExactlyInAnyOrder(CoreErratum.values());
    }

    @Test
    void everyErratumOfFaultsHasOneCase() {
        assertThat(FaultErrata.cases()).extracting(ErratumCase::erratum).containsExactly(FaultErratum.values());
    }

    @Test
    void everyErratumOfThePageTablesHasOneCase() {
        assertThat(PageTableErrata.cases()).extracting(ErratumCase::erratum).containsExactly(PageTableErratum.values());
    }
}
