/**
 * Conformance suites: abstract test classes that an implementation's own tests extend.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.conformance.TranslationUnitConformance}.
 */
@NullMarked
package io.github.iommu4j.testkit.conformance;

import org.jspecify.annotations.NullMarked;
