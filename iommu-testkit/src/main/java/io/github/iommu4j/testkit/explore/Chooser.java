package io.github.iommu4j.testkit.explore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides who makes the next step of a run. */
interface Chooser {

    /**
     * Decides.
     *
     * @param running who made the last step, or {@code null} when it ended or nobody did
     * @param enabled who can go on, in the order of their numbers, at least one
     * @return one of them, or {@code null} to give the run up because an equal one was seen
     */
    @Nullable
    Task choose(@Nullable Task running, List<Task> enabled);
}
