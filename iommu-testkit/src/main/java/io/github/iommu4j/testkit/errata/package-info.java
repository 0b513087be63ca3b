/**
 * Historical mistakes, each with a small reproduction and the checker that sees it.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.errata.ErratumCase}.
 */
@NullMarked
package io.github.iommu4j.testkit.errata;

import org.jspecify.annotations.NullMarked;
