package io.github.iommu4j.testkit.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Says why nobody can go on. */
final class Stuck {

    /** What is found, before the run's schedule is added. */
    record Verdict(Finding.Kind kind, String description) {}

    private Stuck() {}

    /** A circle of tasks that wait for each other, or else a task whom nobody will wake. */
    static Verdict describe(List<Task> tasks) {
        List<Task> blocked = tasks.stream().filter(task -> !task.ended).toList();
        for (Task start : blocked) {
            List<Task> way = new ArrayList<>();
            Task task = start;
            while (task != null && !way.contains(task) && !task.ended) {
                way.add(task);
                task = task.pending.blocker().get();
            }
            if (task != null && !task.ended) {
                return new Verdict(Finding.Kind.DEADLOCK, circle(way.subList(way.indexOf(task), way.size())));
            }
            if (task != null) {
                return new Verdict(
                        Finding.Kind.DEADLOCK,
                        waits(way.get(way.size() - 1)) + ", which " + task + " held when it ended");
            }
        }
        return new Verdict(
                Finding.Kind.LOST_WAKE_UP,
                blocked.stream().map(Stuck::waits).collect(Collectors.joining("; "))
                        + "; nobody is left to let it go on");
    }

    private static String circle(List<Task> circle) {
        return circle.stream()
                .map(task -> waits(task) + ", held by " + task.pending.blocker().get())
                .collect(Collectors.joining("; "));
    }

    private static String waits(Task task) {
        String holds = task.held.isEmpty() ? "" : " (holds " + String.join(", ", task.held) + ")";
        return task + holds + " waits to " + task.pending.label();
    }
}
