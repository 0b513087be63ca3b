/**
 * The kernel half of SMMUv3: writes stream tables, context descriptors and commands into memory, and reads what the SMMU
 * tells back.
 *
 * <p>Start with {@code StreamTable}, {@code ContextTable} and {@code CommandRing}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.driver;

import org.jspecify.annotations.NullMarked;
