/**
 * Explores interleavings: a scheduler that owns every lock, every wait and, where memory and registers are wrapped, every
 * word that tasks share, runs a scenario again and again, each time in another order, until one breaks something or none
 * is left.
 *
 * <p>No agent and no changed bytecode: the operations of {@link io.github.iommu4j.testkit.explore.Stage#locking} are where
 * tasks can change. What tasks share without them changes only there, too. Time passes only where a task says so.
 *
 * <p>Glossary: a <i>step</i> is what a task does from one operation to the next; a <i>schedule</i> says which task makes
 * each step; a <i>preemption</i> is a change of task although the running one could go on.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.explore.Interleavings}, {@link
 * io.github.iommu4j.testkit.explore.Stage} and {@link io.github.iommu4j.testkit.explore.Exploration}.
 */
@NullMarked
package io.github.iommu4j.testkit.explore;

import org.jspecify.annotations.NullMarked;
