package io.github.iommu4j.lab.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One operation and what the kernel answered.
 *
 * @param index the row's number, from 0
 * @param operation what was done
 * @param arguments to what
 * @param result {@code OK}, an errno, {@code OPEN:} and an errno, {@code BLOCKED}, or {@code H:} and why the harness did
 *     not do it
 * @param outputs what else came back, by name
 * @param completions calls that had blocked and returned now
 * @param messages lines of the kernel's log since the row before
 * @param snapshot the state afterwards, or {@code null} when it could not be read
 */
public record SequenceRow(
        int index,
        String operation,
        List<String> arguments,
        String result,
        Map<String, JsonView> outputs,
        List<Completion> completions,
        List<Message> messages,
        @Nullable Snapshot snapshot) {

    private static final List<String> NO_OUTPUTS =
            List.of("seq", "i", "op", "args", "res", "done", "dmesg", "s", "grpfull");

    /**
     * A call that returned late.
     *
     * @param row the row that began it
     * @param result what it answered
     * @param outputs what else came back, by name
     */
    public record Completion(int row, String result, Map<String, JsonView> outputs) {

        static Completion of(JsonView view) {
            return new Completion(view.get("i").integer(), view.get("res").text(), outputsOf(view));
        }
    }

    /**
     * A line of the kernel's log.
     *
     * @param level its level, lower is worse
     * @param text the line
     */
    public record Message(int level, String text) {

        static Message of(JsonView view) {
            List<JsonView> parts = view.list(part -> part);
            if (parts.size() != 2) {
                throw new JsonView.MalformedException(view.path() + " should be a level and a line");
            }
            return new Message(parts.get(0).integer(), parts.get(1).text());
        }
    }

    static SequenceRow of(JsonView view) {
        return new SequenceRow(
                view.get("i").integer(),
                view.get("op").text(),
                view.get("args").list(JsonView::text),
                view.get("res").text(),
                outputsOf(view),
                view.has("done") ? view.get("done").list(Completion::of) : List.of(),
                view.has("dmesg") ? view.get("dmesg").list(Message::of) : List.of(),
                snapshot(view));
    }

    private static @Nullable Snapshot snapshot(JsonView view) {
        return view.has("s") && view.get("s").element().isJsonObject() ? Snapshot.of(view.get("s")) : null;
    }

    private static Map<String, JsonView> outputsOf(JsonView view) {
        Map<String, JsonView> outputs = new TreeMap<>();
        for (Map.Entry<String, JsonView> member : view.members(value -> value).entrySet()) {
            if (!NO_OUTPUTS.contains(member.getKey())) {
                outputs.put(member.getKey(), member.getValue());
            }
        }
        return outputs;
    }

    /**
     * The operation as it was written.
     *
     * @return the operation and its arguments
     */
    public String call() {
        List<String> words = new ArrayList<>(List.of(operation));
        words.addAll(arguments);
        return String.join(" ", words);
    }
}
