/**
 * Conformance suites: abstract test classes that an implementation's own tests extend.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.conformance.TranslationUnitConformance} for hardware and {@link
 * io.github.iommu4j.testkit.conformance.PageTableConformance} for a table format.
 */
@NullMarked
package io.github.iommu4j.testkit.conformance;

import org.jspecify.annotations.NullMarked;
