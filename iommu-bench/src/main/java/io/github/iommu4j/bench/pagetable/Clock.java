package io.github.iommu4j.bench.pagetable;

import java.util.Arrays;

/** Adds up the time of the parts of a run that count. Confined to one thread. */
final class Clock {

    private final String name;
    private final long operations;
    private final long[] samples;
    private int taken;
    private long started;
    private long elapsed;

    /**
     * @param name what is measured
     * @param operations how many operations a run has
     * @param samples how many runs there will be
     */
    Clock(String name, long operations, int samples) {
        this.name = name;
        this.operations = operations;
        this.samples = new long[samples];
    }

    String name() {
        return name;
    }

    void start() {
        started = System.nanoTime();
    }

    void stop() {
        elapsed += System.nanoTime() - started;
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
