/**
 * What became of the lines of a capture: judged one by one, counted, and where the reference departs from the
 * specification, named.
 *
 * <p>Start with {@link io.github.iommu4j.lab.verdict.ReplayResult}.
 */
@NullMarked
package io.github.iommu4j.lab.verdict;

import org.jspecify.annotations.NullMarked;
