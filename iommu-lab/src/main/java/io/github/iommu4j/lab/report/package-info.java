/**
 * What the commands print: text for people, JSON for machines. Every JSON answer begins with {@code rows}, {@code agree}
 * and {@code skipped}, in this order.
 *
 * <p>Start with {@link io.github.iommu4j.lab.report.ReplayReport}.
 */
@NullMarked
package io.github.iommu4j.lab.report;

import org.jspecify.annotations.NullMarked;
