/**
 * Replays captures of Arm SMMUv3: registers are restored through the interfaces a guest has, and answers and event
 * records compared bit by bit.
 *
 * <p>Start with {@link io.github.iommu4j.lab.replay.smmuv3.SmmuReplay} and {@link
 * io.github.iommu4j.lab.replay.smmuv3.ReferenceDeviation}.
 */
@NullMarked
package io.github.iommu4j.lab.replay.smmuv3;

import org.jspecify.annotations.NullMarked;
