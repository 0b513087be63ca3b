package io.github.iommu4j.testkit.explore;

/**
 * A step of a run.
 *
 * @param task number of the task that made it
 * @param label what it did first, such as {@code lock &group->mutex}
 */
public record Step(int task, String label) {}
