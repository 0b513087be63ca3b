/** Captures of models that run here, read back. */
@NullMarked
package io.github.iommu4j.lab.recording;

import org.jspecify.annotations.NullMarked;
