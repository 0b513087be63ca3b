package io.github.iommu4j.bench.pagetable;

import java.util.Arrays;
import java.util.function.LongSupplier;

/** Adds up the time of the parts of a run that count. Confined to one thread. */
final class Clock {

    private final String name;
    private final long operations;
    private final LongSupplier time;
    private final long[] samples;
    private int taken;
    private long started;
    private long elapsed;

    /**
     * @param figure what is measured
     * @param samples how many runs there will be
     * @param time nanoseconds since some moment
     */
    Clock(Plan.Figure figure, int samples, LongSupplier time) {
        this.name = figure.name();
        this.operations = figure.operations();
        this.time = time;
        this.samples = new long[samples];
    }

    String name() {
        return name;
    }

    void start() {
        started = time.getAsLong();
    }

    void stop() {
        elapsed += time.getAsLong() - started;
    }

    /** Ends a run; keeps its time, or forgets it when it was a warm-up. */
    void endRun(boolean counts) {
        if (counts) {
            samples[taken] = elapsed;
            taken++;
        }
        elapsed = 0;
    }

    /** Nanoseconds of an operation in the median run. */
    double median() {
        long[] sorted = samples.clone();
        Arrays.sort(sorted);
        return (double) sorted[sorted.length / 2] / operations;
    }
}
