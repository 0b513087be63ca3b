package io.github.iommu4j.lab.museum;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.armshort.driver.M4uErratum;
import io.github.iommu4j.lab.museum.vtd.EmulatorExhibits;
import io.github.iommu4j.smmuv3.driver.Smmuv3Erratum;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import io.github.iommu4j.tipat.driver.TiPatErratum;
import io.github.iommu4j.vtd.driver.VtdErratum;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake of a driver from both sides; the testkit's own are shown by its tests. */
class ExhibitionTest {

    static List<Exhibit> ofDrivers() {
        return Exhibition.ofDrivers();
    }

    @ParameterizedTest
    @MethodSource("ofDrivers")
    void asItWasItsCheckerFindsExactlyIt(Exhibit exhibit) {
        Sighting sighting = exhibit.show(Condition.AS_IT_WAS);
        assertThat(sighting.findings()).singleElement().asString().contains(exhibit.verdict());
        assertThat(sighting.text()).contains(exhibit.verdict());
        assertThat(sighting.schedules()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("ofDrivers")
    void mendedItsCheckerIsSilent(Exhibit exhibit) {
        Sighting sighting = exhibit.show(Condition.MENDED);
        assertThat(sighting.findings()).isEmpty();
        assertThat(sighting.text()).isEmpty();
        assertThat(sighting.schedules()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("ofDrivers")
    void anExhibitTellsItsStory(Exhibit exhibit) {
        assertThat(exhibit.story()).hasSizeGreaterThan(80).containsPattern("Linux \\d\\.\\d|2019|No release");
        assertThat(exhibit.checker()).isNotBlank();
        assertThat(exhibit.verdict()).hasSizeGreaterThan(20);
        assertThat(exhibit.mended()).startsWith("Mended ").endsWith(".");
    }

    @Test
    void everyMistakeOfADriverHasOneExhibitAndNothingElseHas() {
        List<String> ids = Stream.<Erratum[]>of(
                        M4uErratum.values(), Smmuv3Erratum.values(), TiPatErratum.values(), VtdErratum.values())
                .flatMap(Arrays::stream)
                .map(erratum -> erratum.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
        assertThat(Exhibition.ofDrivers()).extracting(Exhibit::id).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void mistakesOfEmulatedHardwareAreFoundAndMendedOnesAreNot() {
        for (Exhibit exhibit : EmulatorExhibits.exhibits()) {
            assertThat(exhibit.show(Condition.AS_IT_WAS).findings())
                    .singleElement()
                    .asString()
                    .contains(exhibit.verdict());
            assertThat(exhibit.show(Condition.MENDED).findings()).isEmpty();
        }
    }

    @Test
    void idsDifferAcrossAllRooms() {
        assertThat(Exhibition.exhibits()).extracting(Exhibit::id).doesNotHaveDuplicates();
    }

    @Test
    void whatNeedsTwoTasksIsFoundAmongTheirInterleavings() {
        Exhibit exhibit = Exhibition.find("tlb-registers-unlocked").orElseThrow();
        Sighting asItWas = exhibit.show(Condition.AS_IT_WAS);
        assertThat(asItWas.text()).contains("a: unmaps 0x", "b: unmaps 0x", "write register 0x", "replay: ");
        assertThat(asItWas.schedules()).isGreaterThan(1);
        assertThat(exhibit.show(Condition.MENDED).schedules()).isGreaterThan(100);
    }
}
