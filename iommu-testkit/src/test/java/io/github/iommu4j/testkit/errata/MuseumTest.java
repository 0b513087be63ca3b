package io.github.iommu4j.testkit.errata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each exhibit from both sides. */
final class MuseumTest {

    static List<Exhibit> exhibits() {
        return Museum.exhibits();
    }

    @ParameterizedTest
    @MethodSource("exhibits")
    void asItWasItsCheckerFindsExactlyIt(Exhibit exhibit) {
        Sighting sighting = exhibit.show(Condition.AS_IT_WAS);
        assertThat(sighting.findings()).singleElement().asString().contains(exhibit.verdict());
        assertThat(sighting.text()).isNotBlank();
        assertThat(sighting.schedules()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("exhibits")
    void mendedItsCheckerIsSilent(Exhibit exhibit) {
        Sighting sighting = exhibit.show(Condition.MENDED);
        assertThat(sighting.findings()).isEmpty();
        assertThat(sighting.text()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("exhibits")
    void anExhibitTellsItsStory(Exhibit exhibit) {
        assertThat(exhibit.id()).matches("[a-z0-9-]+");
        assertThat(exhibit.story()).containsPattern("20\\d\\d|6\\.\\d|same");
        assertThat(exhibit.checker()).isNotBlank();
        assertThat(exhibit.mended()).isNotBlank();
    }

    @Test
    void idsDiffer() {
        assertThat(Museum.exhibits())
                .extracting(Exhibit::id)
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(35);
    }

    @Test
    void theReportNamesTheClassesOfTheOriginal() {
        Exhibit exhibit = Museum.exhibits().stream()
                .filter(each -> each.id().equals("vtd-2025-probe-lock-cycle"))
                .findFirst()
                .orElseThrow();
        assertThat(exhibit.show(Condition.AS_IT_WAS).text())
                .contains("iommu_probe_device_lock --> ")
                .contains("&group->mutex", "cpu_hotplug_lock", "dmar_global_lock", "&device->physical_node_lock");
    }

    @Test
    void oneForgottenPlaceKeepsAnInversion() {
        List<String> locks = List.of("D=device_domain_lock spin", "I=&iommu->lock spin");
        assertThat(new LockScript(locks).play(List.of("off D I", "softirq D", "off I", "task I")))
                .hasSize(1);
        assertThat(new LockScript(locks).play(List.of("off D I", "softirq D", "off I", "off I")))
                .isEmpty();
    }

    @Test
    void theOrderOfEventsDecidesTheTitle() {
        List<String> locks = List.of("D=device_domain_lock spin", "I=&iommu->lock spin");
        assertThat(new LockScript(locks)
                        .play(List.of("task I", "off D I", "softirq D"))
                        .get(0)
                        .title())
                .isEqualTo("possible irq lock inversion dependency detected");
        assertThat(new LockScript(locks)
                        .play(List.of("softirq D", "off D I", "task I"))
                        .get(0)
                        .title())
                .isEqualTo("possible irq lock inversion dependency detected");
        assertThat(new LockScript(locks)
                        .play(List.of("softirq D", "task I", "off D I"))
                        .get(0)
                        .title())
                .isEqualTo("SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected");
    }

    @Test
    void aLineThatMakesNoSenseIsRefused() {
        LockScript script = new LockScript(List.of("A=a mutex"));
        assertThatIllegalArgumentException().isThrownBy(() -> script.play(List.of("nowhere A")));
        assertThatIllegalArgumentException().isThrownBy(() -> script.play(List.of("task B")));
        assertThatIllegalArgumentException().isThrownBy(() -> new LockScript(List.of("A=a semaphore")));
    }
}
