/**
 * A second, brute-force reading of the VT-d specification, written apart from the model and used only to judge it.
 *
 * <p>Start with {@link io.github.iommu4j.vtd.reference.ReferenceVtd}. Nothing is cached, decoded ahead or shared
 * with the model: every bit position stands here a second time.
 */
@NullMarked
package io.github.iommu4j.vtd.reference;

import org.jspecify.annotations.NullMarked;
