/**
 * Reads what an Arm SMMUv3 is configured to do.
 *
 * <p>Start with {@link io.github.iommu4j.lab.inspect.smmuv3.SmmuInspector}.
 */
@NullMarked
package io.github.iommu4j.lab.inspect.smmuv3;

import org.jspecify.annotations.NullMarked;
