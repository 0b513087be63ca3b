/**
 * Captured machines that run again.
 *
 * <p>Start with {@link io.github.iommu4j.lab.machine.CapturedMachine}.
 */
@NullMarked
package io.github.iommu4j.lab.machine;

import org.jspecify.annotations.NullMarked;
