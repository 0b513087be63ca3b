/**
 * Replays captures of Intel VT-d: registers are restored as an operating system writes them, and answers and fault records
 * compared.
 *
 * <p>Start with {@link io.github.iommu4j.lab.replay.vtd.VtdReplay} and {@link
 * io.github.iommu4j.lab.replay.vtd.VtdDeparture}.
 */
@NullMarked
package io.github.iommu4j.lab.replay.vtd;

import org.jspecify.annotations.NullMarked;
