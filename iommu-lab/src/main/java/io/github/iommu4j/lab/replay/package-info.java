/**
 * Replays captures: the machine runs again, translates what the reference machine translated, and answers and records
 * are compared.
 *
 * <p>Start with {@link io.github.iommu4j.lab.replay.Replay}.
 */
@NullMarked
package io.github.iommu4j.lab.replay;

import org.jspecify.annotations.NullMarked;
