package io.github.iommu4j.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks with JMH's own command line, and prints each beside its floor: times, ratio, bytes allocated per
 * operation.
 */
public final class RatioReport {

    private static final String FLOOR = "Floor";

    private RatioReport() {}

    /**
     * Runs and prints.
     *
     * @param args what JMH takes on its command line
     * @throws RunnerException when JMH cannot run
     * @throws CommandLineOptionException when the command line is not JMH's
     */
    public static void main(String[] args) throws RunnerException, CommandLineOptionException {
        Options options = new OptionsBuilder()
                .parent(new CommandLineOptions(args))
                .addProfiler(GCProfiler.class)
                .build();
        System.out.print(table(new Runner(options).run()));
    }

    private static String table(Collection<RunResult> results) {
        Map<String, RunResult> byName = new TreeMap<>();
        for (RunResult result : results) {
            String name = result.getParams().getBenchmark();
            byName.put(name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1), result);
        }
        StringBuilder text =
                new StringBuilder("\n| Benchmark | ns/op | floor, ns/op | ratio | B/op |\n|---|---|---|---|---|\n");
        byName.forEach((name, result) -> {
            RunResult floor = byName.get(name + FLOOR);
            if (!name.endsWith(FLOOR)) {
                text.append(row(name, result, floor == null ? result : floor, floor != null));
            }
        });
        return text.toString();
    }

    private static String row(String name, RunResult result, RunResult floor, boolean hasFloor) {
        double ratio =
                result.getPrimaryResult().getScore() / floor.getPrimaryResult().getScore();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %.3f |%n",
                name,
                time(result.getPrimaryResult()),
                hasFloor ? time(floor.getPrimaryResult()) : "-",
                hasFloor ? String.format(Locale.ROOT, "%.2f", ratio) : "-",
                allocated(result));
    }

    private static String time(Result<?> result) {
        return String.format(Locale.ROOT, "%.2f ± %.2f", result.getScore(), result.getScoreError());
    }

    private static double allocated(RunResult result) {
        Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return bytes == null ? Double.NaN : bytes.getScore();
    }
}
