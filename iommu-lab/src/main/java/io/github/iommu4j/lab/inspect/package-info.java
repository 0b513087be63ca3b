/**
 * Tells what a captured machine is configured to do: its streams, their regimes, and what they map.
 *
 * <p>Start with {@link io.github.iommu4j.lab.inspect.Inspector}.
 */
@NullMarked
package io.github.iommu4j.lab.inspect;

import org.jspecify.annotations.NullMarked;
