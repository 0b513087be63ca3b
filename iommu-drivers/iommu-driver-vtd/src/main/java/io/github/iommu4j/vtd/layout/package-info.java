/**
 * Registers, structures and descriptors of Intel VT-d, bit by bit (Intel VT-d specification, chapters 6, 9, 11).
 *
 * <p>Start with {@link io.github.iommu4j.vtd.layout.TableMode}, {@link io.github.iommu4j.vtd.layout.VtdRegister} and {@link
 * io.github.iommu4j.vtd.layout.InvalidationDescriptor}.
 */
@NullMarked
package io.github.iommu4j.vtd.layout;

import org.jspecify.annotations.NullMarked;
