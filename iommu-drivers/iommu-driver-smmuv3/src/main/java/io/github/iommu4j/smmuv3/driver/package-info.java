/**
 * The kernel half of SMMUv3: writes stream tables, context descriptors and commands into memory, and reads what the SMMU
 * tells back.
 *
 * <p>Start with {@link io.github.iommu4j.smmuv3.driver.Smmuv3Driver} and {@link io.github.iommu4j.smmuv3.driver.SmmuHost};
 * inside, with {@code StreamTable}, {@code ContextTable}, {@code CommandRing} and {@code DeviceAttach}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.driver;

import org.jspecify.annotations.NullMarked;
