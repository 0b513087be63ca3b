/**
 * Replays captures: restores registers and memory through the interfaces a guest has, translates what the reference
 * machine translated, and compares answers and event records bit by bit.
 *
 * <p>Start with {@link io.github.iommu4j.lab.replay.Replay} and {@link
 * io.github.iommu4j.lab.replay.ReferenceDeviation}.
 */
@NullMarked
package io.github.iommu4j.lab.replay;

import org.jspecify.annotations.NullMarked;
