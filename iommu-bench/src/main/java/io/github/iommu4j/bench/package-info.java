/**
 * JMH benchmarks. Every benchmark {@code x} has a floor {@code xFloor}: the memory accesses that {@code x} cannot do
 * without, done bare on the same memory in the same run, so that their ratio means something on any machine.
 *
 * <p>Start with {@link io.github.iommu4j.bench.RatioReport}.
 */
@NullMarked
package io.github.iommu4j.bench;

import org.jspecify.annotations.NullMarked;
