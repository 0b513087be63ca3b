/**
 * Bit-fields and powers of two.
 *
 * <p>Start with {@link io.github.iommu4j.core.bits.BitField}.
 */
@NullMarked
package io.github.iommu4j.core.bits;

import org.jspecify.annotations.NullMarked;
