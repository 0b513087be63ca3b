/**
 * What comparing our answers with recorded ones found, row by row.
 *
 * <p>Start with {@link io.github.iommu4j.lab.check.CheckResult}.
 */
@NullMarked
package io.github.iommu4j.lab.check;

import org.jspecify.annotations.NullMarked;
