package io.github.iommu4j.bench.pagetable;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Measures map, unmap and look-up with the workloads the kernel's own code was measured with, and prints the figures in
 * the same form. Each is the median of 11 runs after 3 that warm up.
 */
public final class PageTableBaseline {

    private static final int WARM_UPS = 3;
    private static final int RUNS = 11;

    private PageTableBaseline() {}

    /**
     * Measures and prints {@code bench,ns_per_op}.
     *
     * @param names the figures wanted; all when there are none
     */
    public static void main(String[] names) {
        List<Plan> plans = Plans.all();
        Set<String> known = plans.stream()
                .flatMap(plan -> plan.figures().stream())
                .map(Plan.Figure::name)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> wanted = names.length == 0 ? known : new TreeSet<>(Arrays.asList(names));
        if (!known.containsAll(wanted)) {
            System.err.println("no such benchmark; there are " + String.join(" ", known));
            System.exit(2);
        }
        System.out.println("bench,ns_per_op");
        for (Plan plan : plans) {
            if (plan.figures().stream().anyMatch(figure -> wanted.contains(figure.name()))) {
                measure(plan).stream()
                        .filter(clock -> wanted.contains(clock.name()))
                        .forEach(clock -> System.out.printf(Locale.ROOT, "%s,%.2f%n", clock.name(), clock.median()));
            }
        }
    }

    private static List<Clock> measure(Plan plan) {
        List<Clock> clocks = plan.figures().stream()
                .map(figure -> new Clock(figure.name(), figure.operations(), RUNS))
                .toList();
        Runnable run = plan.setUp().apply(clocks);
        for (int i = 0; i < WARM_UPS + RUNS; i++) {
            run.run();
            boolean counts = i >= WARM_UPS;
            clocks.forEach(clock -> clock.endRun(counts));
        }
        return clocks;
    }
}
