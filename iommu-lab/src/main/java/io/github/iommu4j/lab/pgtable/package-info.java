/**
 * Makes on our page tables the calls that were made on the kernel's, and compares everything that was recorded.
 *
 * <p>Start with {@link io.github.iommu4j.lab.pgtable.PgtableReplay} and {@link
 * io.github.iommu4j.lab.pgtable.TableWalks}. A further family of formats is a {@code TableFamily} with its {@code
 * ModelTable}.
 */
@NullMarked
package io.github.iommu4j.lab.pgtable;

import org.jspecify.annotations.NullMarked;
