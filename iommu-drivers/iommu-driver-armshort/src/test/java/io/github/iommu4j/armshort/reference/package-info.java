/**
 * The walk once more, written from tables of the architecture and of MediaTek's drivers, without regard to speed and
 * without a line of the model.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.reference.ReferenceMmu}.
 */
@NullMarked
package io.github.iommu4j.armshort.reference;

import org.jspecify.annotations.NullMarked;
