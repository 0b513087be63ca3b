package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock.IrqState;
import io.github.iommu4j.core.lockdep.Acquisition;
import io.github.iommu4j.core.lockdep.LockKind;
import io.github.iommu4j.core.lockdep.LockMap;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockTask;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who takes which locks, as lines of text, told to a validator.
 *
 * <p>A line is where something runs and what it takes, outermost first; everything is given up again: {@code task A B}
 * with interrupts on, {@code off A B} with hard interrupts off, {@code bh A} with soft ones off, {@code softirq A}, {@code
 * hardirq A}. {@code A:read} reads, {@code A:try} tries, {@code A:in:L} says that L orders locks of A's class, {@code
 * A:assert} takes nothing and asserts that A is held, {@code sleep} says that the task may sleep.
 */
final class LockScript {

    private final LockTask task = new LockTask("swapper/0/1");
    private final LockValidator validator = LockValidator.builder()
            .policy(ReportPolicy.DISABLE_AFTER_FIRST)
            .traceDepth(0)
            .tasks(() -> task)
            .build();
    private final Map<String, LockMap> locks = new HashMap<>();

    /** Kinds of locks by letter: {@code I=&iommu->lock spin}. */
    LockScript(List<String> declarations) {
        for (String declaration : declarations) {
            int equals = declaration.indexOf('=');
            int space = declaration.lastIndexOf(' ');
            String name = declaration.substring(equals + 1, space);
            locks.put(
                    declaration.substring(0, equals),
                    validator.map(new LockClass(name), kind(declaration.substring(space + 1))));
        }
    }

    private static LockKind kind(String word) {
        return switch (word) {
            case "spin" -> LockKind.SPIN;
            case "raw-spin" -> LockKind.RAW_SPIN;
            case "mutex" -> LockKind.MUTEX;
            case "rwsem" -> LockKind.RW_SEMAPHORE;
            case "pseudo" -> LockKind.MAP;
            default -> throw new IllegalArgumentException("\"" + word + "\" is no kind of lock");
        };
    }

    /**
     * Plays lines until the validator reports.
     *
     * @throws AssertionError when an assertion is false and the validator has not reported yet
     */
    List<LockReport> play(List<String> lines) {
        for (String line : lines) {
            List<String> words = List.of(line.split(" ", -1));
            Runnable nested = () -> take(words, 1);
            switch (words.get(0)) {
                case "task" -> nested.run();
                case "off" -> {
                    IrqState state = validator.hardirqsOff();
                    nested.run();
                    validator.hardirqsRestore(state);
                }
                case "bh" -> {
                    validator.softirqsOff();
                    nested.run();
                    validator.softirqsOn();
                }
                case "softirq" -> validator.runIn(ExecutionContext.SOFTIRQ, nested);
                case "hardirq" -> validator.runIn(ExecutionContext.HARDIRQ, nested);
                default -> throw new IllegalArgumentException("\"" + line + "\" runs nowhere");
            }
        }
        return validator.reports();
    }

    private void take(List<String> words, int index) {
        if (index == words.size()) {
            return;
        }
        String word = words.get(index);
        if (word.equals("sleep")) {
            validator.mightSleep("a mutex");
            take(words, index + 1);
        } else if (word.endsWith(":assert")) {
            validator.assertHeld(lock(word.substring(0, word.indexOf(':'))));
            take(words, index + 1);
        } else {
            takeLock(words, index);
        }
    }

    private void takeLock(List<String> words, int index) {
        List<String> parts = new ArrayList<>(List.of(words.get(index).split(":", -1)));
        LockMap lock = lock(parts.get(0));
        Acquisition how = parts.contains("read") ? Acquisition.SHARED : Acquisition.EXCLUSIVE;
        how = parts.contains("try") ? how.trying() : how;
        how = parts.contains("in") ? how.under(lock(parts.get(parts.indexOf("in") + 1))) : how;
        validator.acquire(lock, how);
        take(words, index + 1);
        validator.release(lock);
    }

    private LockMap lock(String letter) {
        LockMap lock = locks.get(letter);
        if (lock == null) {
            throw new IllegalArgumentException("\"" + letter + "\" is no lock");
        }
        return lock;
    }
}
