/**
 * Watches page requests and their answers.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.fault.FaultLedger}.
 */
@NullMarked
package io.github.iommu4j.testkit.fault;

import org.jspecify.annotations.NullMarked;
