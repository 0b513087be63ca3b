/**
 * One engine for every table of descriptors in memory, and what a format has to say about its descriptors.
 *
 * <p>Start with {@link io.github.iommu4j.core.pagetable.PageTable}, then {@link
 * io.github.iommu4j.core.pagetable.PageTableEnvironment}; to add a format, read {@link
 * io.github.iommu4j.core.pagetable.PageTableFormat}. ARM's formats are in {@code core.pagetable.arm}, Intel's in
 * {@code core.pagetable.intel}.
 *
 * <p>Glossary: <b>iova</b> is an input address, <b>pa</b> an output address. <b>Level 0</b> holds the smallest leaves;
 * the root's level is the highest. A <b>descriptor</b> is one word of a table: it is absent, or points to a table of the
 * next lower level, or is a leaf. What one descriptor of a level translates is its <b>span</b>. A leaf that is written
 * down in several equal neighbouring descriptors is a <b>group</b>. <b>last</b> is inclusive, <b>end</b> exclusive, and
 * a name that ends in <b>Lg2</b> is a logarithm to base 2.
 */
@NullMarked
package io.github.iommu4j.core.pagetable;

import org.jspecify.annotations.NullMarked;
