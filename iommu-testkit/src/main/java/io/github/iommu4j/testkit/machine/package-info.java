/**
 * A machine for tests: topology, memory, mock IOMMUs whose calls can be made to fail, devices that do DMA.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.machine.TestMachine} and {@link
 * io.github.iommu4j.testkit.machine.MockIommuDriver}.
 */
@NullMarked
package io.github.iommu4j.testkit.machine;

import org.jspecify.annotations.NullMarked;
