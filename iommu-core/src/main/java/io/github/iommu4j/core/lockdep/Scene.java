package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.api.lock.ExecutionContext;
import java.util.List;

/**
 * Where a report arose.
 *
 * @param release what the model calls its kernel, for the report's second line
 * @param task the task's name
 * @param context what kind of code ran
 * @param held what the task held, innermost last
 * @param stack where the task was
 */
public record Scene(String release, String task, ExecutionContext context, List<HeldView> held, Trace stack) {

    /** Copies the list. */
    public Scene {
        held = List.copyOf(held);
    }
}
