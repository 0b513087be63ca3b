/**
 * VFIO with the legacy type1 IOMMU backend: user space owns groups, maps its memory for devices and opens them.
 *
 * <p>Start with {@link io.github.iommu4j.core.vfio.Vfio}.
 */
@NullMarked
package io.github.iommu4j.core.vfio;

import org.jspecify.annotations.NullMarked;
