package io.github.iommu4j.testkit.explore;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tries every choice, the latest first, up to a number of preemptions or delays.
 *
 * <p>Partial-order reduction, where asked for, is by sleep sets (Godefroid): once a task's next step was tried at a place,
 * the task sleeps while others make steps that have nothing to do with it; a run whose every choice sleeps equals one that
 * was seen. With a bound that is only so where the earlier run had as much of the bound left: going first and coming back
 * cost it up to two preemptions, so a task sleeps only if it had two more left than now.
 */
final class DepthFirst implements Chooser {

    private static final int DETOUR = 2;

    private record Sleeper(int task, Operation pending, int left) {}

    /** A place where there was a choice. */
    private final class Node {
        private final int[] candidates;
        private final Operation[] pending;
        private final int running;
        private final int left;
        private final List<Sleeper> asleep;
        private final int fingerprint;
        private int index;

        private Node(
                int[] candidates, Operation[] pending, int running, int left, List<Sleeper> asleep, int fingerprint) {
            this.fingerprint = fingerprint;
            this.candidates = candidates;
            this.pending = pending;
            this.running = running;
            this.left = left;
            this.asleep = asleep;
        }

        private int leftAfter(int candidate) {
            return switch (bounded) {
                case PREEMPTIONS -> left - (running >= 0 && candidates[candidate] != running ? 1 : 0);
                case DELAYS -> left - candidate;
            };
        }
    }

    /** What is counted. */
    enum Bounded {
        /** Changes from a task that could go on. */
        PREEMPTIONS,
        /** Tasks passed over whose turn it was. */
        DELAYS
    }

    /** Whether runs are left out that equal others but for the order of independent steps. */
    enum Reduction {
        NONE,
        SLEEP_SETS
    }

    private final Bounded bounded;
    private final int bound;
    private final Reduction reduction;
    private final List<Node> path = new ArrayList<>();
    private int depth;
    private int left;
    private List<Sleeper> asleep = List.of();
    /** The number of the task that made the last step. */
    private int last = -1;

    DepthFirst(Bounded bounded, int bound, Reduction reduction) {
        this.bounded = bounded;
        this.bound = bound;
        this.reduction = reduction;
        this.left = bound;
    }

    /** Goes back to the beginning of a run. */
    void begin() {
        depth = 0;
        left = bound;
        asleep = List.of();
        last = -1;
    }

    /** Makes the next run another; {@code false} when there is none. */
    boolean advance() {
        while (!path.isEmpty()) {
            Node node = path.get(path.size() - 1);
            if (++node.index < node.candidates.length) {
                return true;
            }
            path.remove(path.size() - 1);
        }
        return false;
    }

    @Override
    public @Nullable Task choose(@Nullable Task running, List<Task> enabled) {
        Task chosen = chosen(running, enabled);
        last = chosen == null ? last : chosen.number;
        return chosen;
    }

    private @Nullable Task chosen(@Nullable Task running, List<Task> enabled) {
        if (enabled.size() == 1) {
            Task only = enabled.get(0);
            if (isAsleep(only, left)) {
                return null;
            }
            asleep = stillAsleep(asleep, only.pending);
            return only;
        }
        boolean known = depth < path.size();
        Node node = known ? path.get(depth) : newNode(running, enabled);
        if (node == null) {
            return null;
        }
        if (known && node.fingerprint != fingerprint(enabled)) {
            throw new IllegalStateException("the scenario is not the same in every run: choice " + depth
                    + " was another before; now tasks " + enabled + " can go on");
        }
        depth++;
        Task chosen = find(enabled, node.candidates[node.index]);
        left = node.leftAfter(node.index);
        if (reduction == Reduction.SLEEP_SETS) {
            List<Sleeper> tired = new ArrayList<>(node.asleep);
            for (int i = 0; i < node.index; i++) {
                tired.add(new Sleeper(node.candidates[i], node.pending[i], node.leftAfter(i)));
            }
            asleep = stillAsleep(tired, chosen.pending);
        }
        return chosen;
    }

    private static int fingerprint(List<Task> enabled) {
        int hash = 1;
        for (Task task : enabled) {
            hash = 31 * (31 * hash + task.number) + task.pending.object();
        }
        return hash;
    }

    private static Task find(List<Task> enabled, int number) {
        for (Task task : enabled) {
            if (task.number == number) {
                return task;
            }
        }
        throw new AssertionError("task " + number + " is none of " + enabled);
    }

    /** The running task first, so that the first run has no preemption and no delay. */
    private @Nullable Node newNode(@Nullable Task running, List<Task> enabled) {
        List<Task> order = new ArrayList<>(enabled.size());
        if (running != null) {
            order.add(running);
        }
        for (Task task : bounded == Bounded.DELAYS ? inTurn(enabled) : enabled) {
            if (task != running && isWithinBound(running, order.size())) {
                order.add(task);
            }
        }
        order.removeIf(task -> isAsleep(task, left - (running != null && task != running ? 1 : 0)));
        if (order.isEmpty()) {
            return null;
        }
        int[] candidates = order.stream().mapToInt(task -> task.number).toArray();
        Operation[] pending = order.stream().map(task -> task.pending).toArray(Operation[]::new);
        Node node = new Node(
                candidates, pending, running == null ? -1 : running.number, left, asleep, fingerprint(enabled));
        path.add(node);
        return node;
    }

    private boolean isWithinBound(@Nullable Task running, int before) {
        return switch (bounded) {
            case PREEMPTIONS -> running == null || left > 0;
            case DELAYS -> before <= left;
        };
    }

    /** Those after the one that made the last step, then those before it. */
    private List<Task> inTurn(List<Task> enabled) {
        int after = 0;
        while (after < enabled.size() && enabled.get(after).number <= last) {
            after++;
        }
        List<Task> order = new ArrayList<>(enabled.subList(after, enabled.size()));
        order.addAll(enabled.subList(0, after));
        return order;
    }

    private boolean isAsleep(Task task, int leftNow) {
        for (Sleeper sleeper : asleep) {
            if (sleeper.task == task.number && (bound == Integer.MAX_VALUE || sleeper.left - DETOUR >= leftNow)) {
                return true;
            }
        }
        return false;
    }

    private static List<Sleeper> stillAsleep(List<Sleeper> tired, Operation done) {
        if (tired.isEmpty()) {
            return tired;
        }
        List<Sleeper> still = new ArrayList<>(tired.size());
        for (Sleeper sleeper : tired) {
            if (sleeper.pending.isIndependentOf(done)) {
                still.add(sleeper);
            }
        }
        return still;
    }
}
