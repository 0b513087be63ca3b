/**
 * The model against the reference: properties over random tables, garbage, registers, commands and threads.
 *
 * <p>Start with {@link io.github.iommu4j.smmuv3.checks.Rig}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.checks;

import org.jspecify.annotations.NullMarked;
