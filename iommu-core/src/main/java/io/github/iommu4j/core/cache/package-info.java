/**
 * Caches that the hardware halves share: looked up without locks and without garbage, on the path of every access.
 *
 * <p>Start with {@link io.github.iommu4j.core.cache.CacheEpoch}, the protocol that all of a unit's caches follow.
 */
@NullMarked
package io.github.iommu4j.core.cache;

import org.jspecify.annotations.NullMarked;
