package io.github.iommu4j.bench.pagetable;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the user wants.
 *
 * @param figures the figures wanted; all when there are none
 * @param arena where tables come from
 * @param time nanoseconds since some moment
 * @param inOneJvm whether all workloads run here
 * @param passedOn the options without the figures, for other virtual machines
 */
record Options(List<String> figures, Arena arena, LongSupplier time, boolean inOneJvm, List<String> passedOn) {

    /** All workloads run in one virtual machine. */
    static final String ONE_JVM = "--one-jvm";
    /** Tables come from the library's allocator. */
    static final String LIBRARY_ARENA = "--arena=lowest";
    /** The time the thread ran counts, not that of the clock: for machines that are shared. */
    static final String CPU_TIME = "--cpu-time";

    static Options of(String[] arguments) {
        List<String> figures = new ArrayList<>(Arrays.asList(arguments));
        List<String> options = new ArrayList<>(figures);
        figures.removeAll(List.of(ONE_JVM, LIBRARY_ARENA, CPU_TIME));
        options.removeAll(figures);
        return new Options(
                figures,
                options.contains(LIBRARY_ARENA) ? Arena.LOWEST : Arena.STACK,
                options.contains(CPU_TIME)
                        ? ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime
                        : System::nanoTime,
                options.contains(ONE_JVM),
                options);
    }
}
