/**
 * What a stream is configured to do and maps, for every family.
 *
 * <p>Start with {@link io.github.iommu4j.lab.view.StreamView}.
 */
@NullMarked
package io.github.iommu4j.lab.view;

import org.jspecify.annotations.NullMarked;
