/**
 * The runnable program: replays captures of real software on the hardware models and says where they differ.
 *
 * <p>Start with {@link io.github.iommu4j.lab.Main}; the work is in {@code replay}, {@code inspect} and {@code capture}.
 */
@NullMarked
package io.github.iommu4j.lab;

import org.jspecify.annotations.NullMarked;
