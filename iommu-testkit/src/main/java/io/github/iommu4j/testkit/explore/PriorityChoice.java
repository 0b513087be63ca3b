package io.github.iommu4j.testkit.explore;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Probabilistic concurrency testing (Burckhardt and others, 2010): tasks have random priorities, the highest goes on, and
 * at a few random steps the running task falls below all others. Finds a bug that needs d orders with a known probability.
 */
final class PriorityChoice implements Chooser {

    private final SplittableRandom random;
    private final Map<Integer, Integer> priorities = new HashMap<>();
    private final TreeSet<Integer> changes = new TreeSet<>();
    private int step;
    private int lowest;

    PriorityChoice(long seed, int depth, int length) {
        random = new SplittableRandom(seed);
        for (int i = 1; i < depth; i++) {
            changes.add(random.nextInt(Math.max(1, length)));
        }
    }

    @Override
    public Task choose(@Nullable Task running, List<Task> enabled) {
        Task highest = highest(enabled);
        if (changes.contains(step++)) {
            priorities.put(highest.number, --lowest);
            highest = highest(enabled);
        }
        return highest;
    }

    private Task highest(List<Task> enabled) {
        Task highest = enabled.get(0);
        for (Task task : enabled) {
            if (priority(task) > priority(highest)) {
                highest = task;
            }
        }
        return highest;
    }

    private int priority(Task task) {
        return priorities.computeIfAbsent(task.number, number -> random.nextInt(1, Integer.MAX_VALUE));
    }
}
