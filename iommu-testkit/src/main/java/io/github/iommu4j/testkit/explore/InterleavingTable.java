package io.github.iommu4j.testkit.explore;

import java.util.List;
import java.util.stream.Collectors;

/** Writes an interleaving with a column for each task. */
final class InterleavingTable {

    private static final int NARROWEST = 12;
    private static final int WIDEST = 46;
    private static final int GAP = 2;

    private InterleavingTable() {}

    static String of(Finding finding) {
        StringBuilder text = new StringBuilder(1024);
        text.append(finding.kind()).append(": ").append(finding.description()).append("\n\n");
        int[] widths = widths(finding);
        text.append("step");
        for (int i = 0; i < widths.length; i++) {
            cell(text, (char) ('a' + i) + ": " + finding.tasks().get(i), widths[i]);
        }
        end(text);
        text.append("----");
        for (int width : widths) {
            cell(text, "-".repeat(width), width);
        }
        end(text);
        for (int row = 0; row < finding.trace().size(); row++) {
            Step step = finding.trace().get(row);
            text.append(String.format("%4d", row + 1));
            for (int i = 0; i < step.task(); i++) {
                cell(text, "", widths[i]);
            }
            cell(text, step.label(), widths[step.task()]);
            end(text);
        }
        text.append("\nreplay: Interleavings.of(scenario)")
                .append(without(finding.dropped()))
                .append(".replay(\"")
                .append(finding.schedule())
                .append("\")\n");
        return text.toString();
    }

    private static String without(List<Integer> dropped) {
        return dropped.isEmpty()
                ? ""
                : dropped.stream().map(String::valueOf).collect(Collectors.joining(", ", ".without(", ")"));
    }

    private static int[] widths(Finding finding) {
        List<String> tasks = finding.tasks();
        int[] widths = new int[tasks.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(NARROWEST, tasks.get(i).length() + 3);
        }
        for (Step step : finding.trace()) {
            widths[step.task()] = Math.max(widths[step.task()], step.label().length());
        }
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.min(widths[i], WIDEST);
        }
        return widths;
    }

    private static void cell(StringBuilder text, String content, int width) {
        String shown = content.length() > width ? content.substring(0, width - 1) + "…" : content;
        text.append(" ".repeat(GAP)).append(shown).append(" ".repeat(width - shown.length()));
    }

    private static void end(StringBuilder text) {
        int length = text.length();
        while (length > 0 && text.charAt(length - 1) == ' ') {
            length--;
        }
        text.setLength(length);
        text.append('\n');
    }
}
