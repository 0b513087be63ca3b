/**
 * The kernel half of a PAT: a driver that exports DMA-BUFs once more, as one piece of the window.
 *
 * <p>Start with {@link io.github.iommu4j.tipat.driver.TiPatDriver}, which binds to devices, and {@link
 * io.github.iommu4j.tipat.driver.TiPat}, what it makes of one.
 *
 * <p>Followed: the Linux driver posted in 2019 and its later revisions. Its known mistakes are {@link
 * io.github.iommu4j.tipat.driver.TiPatErratum}.
 */
@NullMarked
package io.github.iommu4j.tipat.driver;

import org.jspecify.annotations.NullMarked;
