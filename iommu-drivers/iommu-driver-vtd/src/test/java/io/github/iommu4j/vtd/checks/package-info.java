/**
 * Checks of a whole unit through its registers and memory.
 *
 * <p>Start with {@link io.github.iommu4j.vtd.checks.VtdSubject}.
 */
@NullMarked
package io.github.iommu4j.vtd.checks;

import org.jspecify.annotations.NullMarked;
