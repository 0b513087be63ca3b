/**
 * The kernel half for MediaTek's M4U, second generation: the drivers of the M4U itself, of the SMI larbs and of the SMI
 * common in front of it, as Linux 6.1 has them.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.driver.MediatekDrivers} and {@link
 * io.github.iommu4j.armshort.driver.M4uDriver}.
 */
@NullMarked
package io.github.iommu4j.armshort.driver;

import org.jspecify.annotations.NullMarked;
