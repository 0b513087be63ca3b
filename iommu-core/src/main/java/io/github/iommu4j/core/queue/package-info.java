/**
 * How hardware halves consume the queues that software fills.
 *
 * <p>Start with {@link io.github.iommu4j.core.queue.QueueConsumer}.
 */
@NullMarked
package io.github.iommu4j.core.queue;

import org.jspecify.annotations.NullMarked;
