package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.KernelRelease;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The core under every interleaving of a few tasks, within bounds. */
final class CoreExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final int SCHEDULES_IN_A_SHORT_RUN = 1_500;

    /** A scenario with the release it runs on. */
    record Case(String name, KernelRelease release, Function<KernelRelease, Scenario> scenario) {

        @Override
        public String toString() {
            return name + " on " + release;
        }
    }

    static List<Case> cases() {
        Map<String, Function<KernelRelease, Scenario>> scenarios = new LinkedHashMap<>();
        scenarios.put("ownership", CoreScenarios::ownership);
        scenarios.put("probing", CoreScenarios::probing);
        scenarios.put("registering", CoreScenarios::registering);
        scenarios.put("faults", CoreScenarios::faults);
        scenarios.put("containers", CoreScenarios::containers);
        scenarios.put("unbinding", CoreScenarios::unbinding);
        List<Case> cases = new ArrayList<>();
        scenarios.forEach((name, scenario) -> {
            for (KernelRelease release : KernelRelease.values()) {
                cases.add(new Case(name, release, scenario));
            }
        });
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingBreaksUnderAnyInterleaving(Case each) {
        Interleavings interleavings =
                Interleavings.of(each.scenario().apply(each.release())).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(SCHEDULES_IN_A_SHORT_RUN);
        }
        Exploration exploration = interleavings.exhaustive();
        System.out.println("FIGURE explored " + each + ": " + exploration);
        exploration.requireNothingFound();
    }
}
