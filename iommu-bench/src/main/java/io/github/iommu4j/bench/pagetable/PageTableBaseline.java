package io.github.iommu4j.bench.pagetable;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Measures map, unmap and look-up with the workloads the kernel's own code was measured with, and prints the figures in
 * the same form. Each is the median of 11 runs after 3 that warm up. Every workload runs in a virtual machine of its own,
 * so that none is compiled for what another did.
 */
public final class PageTableBaseline {

    private static final int WARM_UPS = 3;
    private static final int RUNS = 11;

    private PageTableBaseline() {}

    /**
     * Measures and prints {@code bench,ns_per_op}.
     *
     * @param arguments the figures wanted, all when there are none; with {@code --arena=lowest} tables come from the
     *     library's allocator instead of the one the kernel's code was measured with; with {@code --cpu-time} the time
     *     counts that the thread ran; with {@code --one-jvm} all workloads run in this virtual machine
     * @throws IOException when no virtual machine can be started
     * @throws InterruptedException when interrupted while one runs
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Options options = Options.of(arguments);
        List<Plan> plans = new Plans(options.arena()).all();
        Set<String> known = plans.stream().flatMap(Plan::names).collect(Collectors.toCollection(TreeSet::new));
        Set<String> wanted = options.figures().isEmpty() ? known : new TreeSet<>(options.figures());
        if (!known.containsAll(wanted)) {
            System.err.println("no such benchmark; there are " + String.join(" ", known));
            System.exit(2);
        }
        System.out.println("bench,ns_per_op");
        for (Plan plan : plans) {
            List<String> figures = plan.names().filter(wanted::contains).toList();
            if (!figures.isEmpty() && options.inOneJvm()) {
                print(plan, figures, options.time());
            } else if (!figures.isEmpty()) {
                runApart(figures, options.passedOn());
            }
        }
    }

    private static void print(Plan plan, List<String> figures, LongSupplier time) {
        measure(plan, time).stream()
                .filter(clock -> figures.contains(clock.name()))
                .forEach(clock -> System.out.printf(Locale.ROOT, "%s,%.2f%n", clock.name(), clock.median()));
    }

    private static List<Clock> measure(Plan plan, LongSupplier time) {
        List<Clock> clocks = plan.figures().stream()
                .map(figure -> new Clock(figure, RUNS, time))
                .toList();
        Runnable run = plan.setUp().apply(clocks);
        for (int i = 0; i < WARM_UPS + RUNS; i++) {
            run.run();
            boolean counts = i >= WARM_UPS;
            clocks.forEach(clock -> clock.endRun(counts));
        }
        return clocks;
    }

    /** Starts this program again for some figures, with the options of this virtual machine, and shows what it prints. */
    private static void runApart(List<String> figures, List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PageTableBaseline.class.getName()));
        command.add(Options.ONE_JVM);
        command.addAll(options);
        command.addAll(figures);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.inputReader().lines().skip(1).forEach(System.out::println);
        if (process.waitFor() != 0) {
            throw new IOException("measuring " + figures + " failed");
        }
    }
}
