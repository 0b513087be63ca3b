/**
 * Reads what real kernels were seen to do: machines with their groups, and sequences of operations.
 *
 * <p>Start with {@link io.github.iommu4j.lab.oracle.TopologyFile} and {@link io.github.iommu4j.lab.oracle.SequenceFile}.
 */
@NullMarked
package io.github.iommu4j.lab.oracle;

import org.jspecify.annotations.NullMarked;
