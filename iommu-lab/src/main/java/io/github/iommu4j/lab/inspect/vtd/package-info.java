/**
 * Reads what an Intel VT-d unit is configured to do.
 *
 * <p>Start with {@link io.github.iommu4j.lab.inspect.vtd.VtdInspector}.
 */
@NullMarked
package io.github.iommu4j.lab.inspect.vtd;

import org.jspecify.annotations.NullMarked;
