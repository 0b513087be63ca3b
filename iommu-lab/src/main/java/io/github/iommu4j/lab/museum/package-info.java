/**
 * The historical mistakes that can be watched.
 *
 * <p>Start with {@link io.github.iommu4j.lab.museum.Exhibition}.
 */
@NullMarked
package io.github.iommu4j.lab.museum;

import org.jspecify.annotations.NullMarked;
