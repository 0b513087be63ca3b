/**
 * The hardware half of an SMMUv3 (Arm IHI 0070): registers, queues, caches and the translation itself.
 *
 * <p>Start with {@link io.github.iommu4j.smmuv3.hardware.Smmuv3} and {@link
 * io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.hardware;

import org.jspecify.annotations.NullMarked;
