/**
 * Checks of the hardware half from outside: against an independent reading of the specification, under garbage, under
 * races.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.checks.ReferenceProperties}.
 */
@NullMarked
package io.github.iommu4j.armshort.checks;

import org.jspecify.annotations.NullMarked;
