package io.github.iommu4j.testkit.explore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Follows a schedule; where it cannot, and after its end, goes on with the running task, else with the first. */
final class ReplayChoice implements Chooser {

    private final Schedule schedule;
    private int step;

    ReplayChoice(Schedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public Task choose(@Nullable Task running, List<Task> enabled) {
        if (step < schedule.steps().size()) {
            int wanted = schedule.steps().get(step++);
            for (Task task : enabled) {
                if (task.number == wanted) {
                    return task;
                }
            }
        }
        return running == null ? enabled.get(0) : running;
    }
}
