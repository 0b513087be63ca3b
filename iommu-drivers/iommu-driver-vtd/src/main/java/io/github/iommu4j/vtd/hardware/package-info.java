/**
 * The hardware half of Intel VT-d: registers, translation, caches, queues, faults, and interrupt remapping. It reads memory
 * and nothing else.
 *
 * <p>Start with {@link io.github.iommu4j.vtd.hardware.Vtd}.
 */
@NullMarked
package io.github.iommu4j.vtd.hardware;

import org.jspecify.annotations.NullMarked;
