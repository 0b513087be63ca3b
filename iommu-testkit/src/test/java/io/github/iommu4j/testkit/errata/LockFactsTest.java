package io.github.iommu4j.testkit.errata;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.core.lockdep.LockReport.Kind;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every known lock bug and probe race of the kernel has its exhibits. */
final class LockFactsTest {

    /** By number and letter of the collected facts: the reports and races of each, what its mending must still report. */
    private static final Map<String, List<String>> EXHIBITS = Map.ofEntries(
            entry("1", List.of("vtd-2019-softirq-inversion")),
            entry("2", List.of("vtd-2019-wrong-fix-cycle")),
            entry("3", List.of("vtd-2020-rid2pasid-inversion")),
            entry("4", List.of("vtd-2021-sva-bind-inversion")),
            entry("5", List.of("vtd-2021-pasid-lock-inversion")),
            entry("5 race-check", List.of("vtd-2021-pasid-slot-race")),
            entry("6", List.of("powerpc-2021-pools-nesting")),
            entry(
                    "6 must-warn",
                    List.of(
                            "powerpc-2021-pools-without-outer-lock",
                            "powerpc-2021-nest-lock-missing",
                            "powerpc-2021-pool-before-outer-lock")),
            entry("7", List.of("vtd-2025-probe-lock-cycle")),
            entry("7b", List.of("vtd-2025-register-under-global-lock")),
            entry("8a R1", List.of("probe-2022-param-allocated-twice")),
            entry("8a R2", List.of("probe-without-lock")),
            entry("8a R3", List.of("probe-2022-group-queued-twice")),
            entry("8a R4", List.of("probe-2022-group-unlinked-early")),
            entry("8b R5", List.of("probe-2023-param-freed-under-firmware")),
            entry("8b R6", List.of("probe-2023-half-built-fwspec")),
            entry("8b R7", List.of("probe-2023-ops-of-freed-fwspec")),
            entry("8b must-warn", List.of("probe-2023-lock-kept-over-replay")),
            entry("9a", List.of("vtd-2023-irqdomain-cycle")),
            entry("9a mask-test", List.of("vtd-2023-report-mutes-assertion")),
            entry("9b", List.of("vtd-2022-recursive-global-lock")),
            entry("9b hang", List.of("vtd-2022-recursive-global-lock-hang")),
            entry("9c", List.of("vtd-2017-notifier-under-global-lock")),
            entry("10", List.of("vfio-2015-device-lock-cycle", "vfio-holds-device-lock-across-open")),
            entry("10 also", List.of("vfio-2015-device-lock-error-path")),
            entry("11a", List.of("self-probe-under-device-lock")),
            entry("11b", List.of("replay-under-device-lock")),
            entry("11c", List.of("probe-2023-two-walks-deadlock")),
            entry("11 must-warn", List.of("probe-2023-foreign-device-unlocked")),
            entry("12a", List.of("vfio-2024-hot-reset-info-cycle")),
            entry("12b", List.of("vfio-2021-migration-state-cycle")),
            entry("12b invariant", List.of("vfio-2021-deferred-reset-lost")),
            entry("12c", List.of("vfio-2026-sriov-work-cycle")),
            entry("12d", List.of("vtd-2022-domain-lock-inconsistent")),
            entry("12d also", List.of("vtd-2022-domain-lock-hardirq")),
            entry("12e", List.of("vtd-2022-fault-dump-inconsistent")),
            entry("12f", List.of("iova-2022-cookie-mutex-cycle")),
            entry("12g", List.of("iommufd-2022-rwsem-cycle")),
            entry("12h", List.of("amd-2024-wait-context")),
            entry("12h also", List.of("amd-2024-sleep-in-atomic")),
            entry("12i", List.of("vfio-2025-kernfs-cycle")),
            entry("12j", List.of("reset-2026-group-mutex-cycle")),
            entry("12k", List.of("vfio-2021-reclaim-cycle")));

    private static Exhibit exhibit(String id) {
        return Museum.exhibits().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    static Collection<String> races() {
        return List.of(
                "probe-2022-param-allocated-twice",
                "probe-2022-group-queued-twice",
                "probe-2022-group-unlinked-early",
                "probe-2023-param-freed-under-firmware",
                "probe-2023-half-built-fwspec",
                "probe-2023-ops-of-freed-fwspec",
                "probe-2023-two-walks-deadlock");
    }

    @Test
    void everyKnownBugHasAnExhibit() {
        Set<String> ids = Museum.exhibits().stream().map(Exhibit::id).collect(Collectors.toSet());
        EXHIBITS.forEach((fact, wanted) -> assertThat(ids).as(fact).containsAll(wanted));
    }

    @Test
    void everyExhibitOfLocksAndRacesIsOfAKnownBug() {
        Set<String> known =
                EXHIBITS.values().stream().flatMap(List::stream).collect(Collectors.toCollection(TreeSet::new));
        for (List<Exhibit> room : List.of(
                LockBugs.exhibits(),
                LockBugVariants.exhibits(),
                RaceExhibits.exhibits(),
                ProbeRaceExhibits.exhibits(),
                FwSpecRaceExhibits.exhibits())) {
            assertThat(room).extracting(Exhibit::id).isSubsetOf(known);
        }
    }

    @ParameterizedTest
    @MethodSource("races")
    void aRaceNeedsAChangeOfTasksThatTheExplorerFinds(String id) {
        String report = exhibit(id).show(Condition.AS_IT_WAS).text();
        assertThat(report).containsPattern("replay: .*[ab]\\d* [ab]");
        assertThat(exhibit(id).show(Condition.MENDED).schedules()).isGreaterThan(1);
    }

    @Test
    void softInterruptsOffDoNotKeepHardOnesOut() {
        LockScript script = new LockScript(List.of("L=&domain->lock spin"));
        assertThat(script.play(List.of("bh L", "softirq L"))).isEmpty();
        assertThat(script.play(List.of("hardirq L")))
                .singleElement()
                .satisfies(report -> assertThat(report.kind()).isEqualTo(Kind.INCONSISTENT_STATE));
    }

    @Test
    void anAssertionIsHeardUntilTheFirstReport() {
        List<String> locks = List.of("A=a mutex", "B=b mutex");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> new LockScript(locks).play(List.of("task A:assert")))
                .withMessage("a is not held");
        assertThat(new LockScript(locks).play(List.of("task A A:assert"))).isEmpty();
        assertThat(new LockScript(locks).play(List.of("task A B", "task B A", "task A:assert")))
                .hasSize(1);
    }
}
