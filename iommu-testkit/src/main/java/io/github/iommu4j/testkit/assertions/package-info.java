/**
 * AssertJ assertions about groups, lock reports and explorations.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.assertions.IommuAssertions}.
 */
@NullMarked
package io.github.iommu4j.testkit.assertions;

import org.jspecify.annotations.NullMarked;
