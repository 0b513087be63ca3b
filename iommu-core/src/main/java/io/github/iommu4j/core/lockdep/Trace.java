package io.github.iommu4j.core.lockdep;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Where something was done.
 *
 * @param frames innermost first, without the validator's own; empty when traces are off
 */
public record Trace(List<StackTraceElement> frames) {

    static final Trace NONE = new Trace(List.of());

    private static final StackWalker WALKER = StackWalker.getInstance();
    private static final String VALIDATOR = "io.github.iommu4j.core.lockdep.";
    private static final String LOCKS = "io.github.iommu4j.core.lock.";

    /** Copies the list. */
    public Trace {
        frames = List.copyOf(frames);
    }

    static Trace capture(int depth) {
        if (depth == 0) {
            return NONE;
        }
        return new Trace(WALKER.walk(frames -> frames.filter(frame -> !isOwn(frame.getClassName()))
                .limit(depth)
                .map(StackWalker.StackFrame::toStackTraceElement)
                .collect(Collectors.toList())));
    }

    private static boolean isOwn(String className) {
        return className.startsWith(VALIDATOR) && !className.endsWith("Test") && !className.endsWith("Properties")
                || className.startsWith(LOCKS + "Validated");
    }

    /** Appends a line a frame. */
    void appendTo(StringBuilder text) {
        for (StackTraceElement frame : frames) {
            text.append("       ")
                    .append(frame.getClassName().substring(frame.getClassName().lastIndexOf('.') + 1))
                    .append('.')
                    .append(frame.getMethodName())
                    .append('(')
                    .append(frame.getFileName())
                    .append(':')
                    .append(frame.getLineNumber())
                    .append(")\n");
        }
    }
}
