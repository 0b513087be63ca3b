/**
 * The kernel half of Intel VT-d: brings remapping units up, writes their structures and page tables into memory, queues
 * invalidations, and reads fault records.
 *
 * <p>Start with {@link io.github.iommu4j.vtd.driver.IntelIommu}.
 */
@NullMarked
package io.github.iommu4j.vtd.driver;

import org.jspecify.annotations.NullMarked;
