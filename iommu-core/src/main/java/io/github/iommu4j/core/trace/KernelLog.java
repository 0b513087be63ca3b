package io.github.iommu4j.core.trace;

import java.util.ArrayList;
import java.util.List;

/**
 * The kernel's log of one model, and what becomes of a warning.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class KernelLog {

    /** What a broken rule of the model does. */
    public enum WarnPolicy {
        /** It throws an {@link AssertionError}: a test fails at the place. */
        THROW,
        /** It writes a line and goes on, as the kernel does. */
        RECORD
    }

    /** Importance of a line, as the kernel numbers it. */
    public enum Level {
        /** Something failed (3). */
        ERR(3),
        /** Something is odd (4). */
        WARNING(4),
        /** Something happened (6). */
        INFO(6);

        private final int number;

        Level(int number) {
            this.number = number;
        }

        /**
         * The kernel's number.
         *
         * @return lower is worse
         */
        public int number() {
            return number;
        }
    }

    /**
     * One line.
     *
     * @param level how important it is
     * @param text the line, without a newline
     */
    public record Line(Level level, String text) {}

    private final WarnPolicy warnPolicy;
    private final List<Line> lines = new ArrayList<>();

    /**
     * An empty log.
     *
     * @param warnPolicy what a broken rule does
     */
    public KernelLog(WarnPolicy warnPolicy) {
        this.warnPolicy = warnPolicy;
    }

    /**
     * Writes a line.
     *
     * @param level how important it is
     * @param text the line
     */
    public synchronized void print(Level level, String text) {
        lines.add(new Line(level, text));
    }

    /**
     * Says that a rule of the model is broken if a condition holds (Linux {@code WARN_ON}).
     *
     * @param condition {@code true} when something is wrong
     * @param what what is wrong
     * @return the condition
     * @throws AssertionError when the condition holds and the policy is {@link WarnPolicy#THROW}
     */
    public boolean warnOn(boolean condition, String what) {
        if (condition) {
            print(Level.WARNING, "WARNING: " + what);
            if (warnPolicy == WarnPolicy.THROW) {
                throw new AssertionError(what);
            }
        }
        return condition;
    }

    /**
     * Takes the lines written since the last call.
     *
     * @return the lines, oldest first
     */
    public synchronized List<Line> drain() {
        List<Line> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }
}
