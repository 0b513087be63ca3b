/**
 * Makes captures of models that run here, in the format of captures of real machines, so that replay, inspection and explanation
 * read them too.
 *
 * <p>Start with {@link io.github.iommu4j.lab.recording.Recording} and {@link io.github.iommu4j.lab.recording.Workload}.
 */
@NullMarked
package io.github.iommu4j.lab.recording;

import org.jspecify.annotations.NullMarked;
