/**
 * Builds the machines of the oracle, boots our kernel on them and replays what was done to theirs.
 *
 * <p>Start with {@link io.github.iommu4j.lab.kernel.GroupsCheck} and {@link io.github.iommu4j.lab.kernel.KernelReplay}.
 */
@NullMarked
package io.github.iommu4j.lab.kernel;

import org.jspecify.annotations.NullMarked;
