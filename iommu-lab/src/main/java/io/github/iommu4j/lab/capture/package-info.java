/**
 * Captures of real software on a reference machine, read from disk: registers, a sparse memory image, and what the
 * reference answered.
 *
 * <p>Start with {@link io.github.iommu4j.lab.capture.Capture} and {@link io.github.iommu4j.lab.capture.CaptureReader}.
 */
@NullMarked
package io.github.iommu4j.lab.capture;

import org.jspecify.annotations.NullMarked;
