package io.github.iommu4j.testkit.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;

/**
 * Which task makes each step. As text a letter for the task and how many steps it makes: {@code a3 b2 a}; a run that is
 * longer goes on with the running task while it can, then with the first that can.
 *
 * @param steps numbers of tasks from 0, one a step
 */
public record Schedule(List<Integer> steps) {

    private static final int MOST_TASKS = 26;

    /** Copies the list. */
    public Schedule {
        steps = List.copyOf(steps);
        for (int step : steps) {
            if (step < 0 || step >= MOST_TASKS) {
                throw new IllegalArgumentException("task " + step + " of a schedule is none of 0 to 25");
            }
        }
    }

    static Schedule of(int[] steps, int count) {
        return new Schedule(Arrays.stream(steps, 0, count).boxed().toList());
    }

    /**
     * Reads a schedule.
     *
     * @param text as {@link #toString} writes it
     * @return the schedule
     * @throws IllegalArgumentException when a word is not a letter from a to z with a positive number, or none, behind it
     */
    public static Schedule parse(String text) {
        List<Integer> steps = new ArrayList<>();
        StringTokenizer words = new StringTokenizer(text);
        while (words.hasMoreTokens()) {
            String word = words.nextToken();
            if (!word.matches("[a-z]([1-9]\\d{0,6})?")) {
                throw new IllegalArgumentException("\"" + word + "\" of the schedule \"" + text
                        + "\" is not a task's letter with a number of steps");
            }
            int count = word.length() == 1 ? 1 : Integer.parseInt(word.substring(1));
            for (int i = 0; i < count; i++) {
                steps.add(word.charAt(0) - 'a');
            }
        }
        return new Schedule(steps);
    }

    /**
     * How often the task changes.
     *
     * @return 0 when one task makes every step
     */
    public int switches() {
        int switches = 0;
        for (int i = 1; i < steps.size(); i++) {
            switches += steps.get(i).equals(steps.get(i - 1)) ? 0 : 1;
        }
        return switches;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < steps.size(); ) {
            int end = i;
            while (end < steps.size() && steps.get(end).equals(steps.get(i))) {
                end++;
            }
            text.append(text.isEmpty() ? "" : " ").append((char) ('a' + steps.get(i)));
            if (end - i > 1) {
                text.append(end - i);
            }
            i = end;
        }
        return text.toString();
    }
}
