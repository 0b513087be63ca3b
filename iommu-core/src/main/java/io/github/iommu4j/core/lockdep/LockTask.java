package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.api.lock.ExecutionContext;

/**
 * What a task holds and where it runs (the lockdep part of Linux {@code task_struct}). Confined to the task.
 *
 * <p>A thread gets one by itself. A harness whose tasks are no threads makes one for each and says which runs ({@link
 * LockValidator.Builder#tasks}).
 */
public final class LockTask {

    private static final int FIRST_STACK = 8;

    private final String name;
    /** The thread of a task that is one. */
    final Thread thread = Thread.currentThread();

    HeldLock[] stack = entries(FIRST_STACK);
    int depth;
    int hardirqDepth;
    int softirqDepth;
    int softirqsOff;
    boolean hardirqsOn = true;
    HardirqKind hardirqKind = HardirqKind.HARD;
    /** The validator itself runs: what it does is not validated. */
    boolean busy;

    /** What kind of hard interrupt a task is in. */
    public enum HardirqKind {
        /** One that stays one under PREEMPT_RT. */
        HARD,
        /** One whose handler is a thread under PREEMPT_RT, and may take spin locks. */
        THREADED
    }

    /**
     * A task that holds nothing and runs with interrupts on.
     *
     * @param name what reports call it, such as {@code qemu/4986}
     */
    public LockTask(String name) {
        this.name = name;
    }

    private static HeldLock[] entries(int count) {
        HeldLock[] entries = new HeldLock[count];
        for (int i = 0; i < count; i++) {
            entries[i] = new HeldLock();
        }
        return entries;
    }

    /**
     * The name.
     *
     * @return what reports call the task
     */
    public String name() {
        return name;
    }

    HeldLock next() {
        if (depth == stack.length) {
            HeldLock[] larger = entries(2 * depth);
            System.arraycopy(stack, 0, larger, 0, depth);
            stack = larger;
        }
        return stack[depth];
    }

    int irqContext() {
        return (softirqDepth > 0 ? 1 : 0) + (hardirqDepth > 0 ? 2 : 0);
    }

    boolean softirqsOn() {
        return softirqsOff == 0;
    }

    ExecutionContext context() {
        if (hardirqDepth > 0) {
            return ExecutionContext.HARDIRQ;
        }
        return softirqDepth > 0 ? ExecutionContext.SOFTIRQ : ExecutionContext.TASK;
    }

    /** How long the context itself lets a task wait. */
    WaitType contextWait() {
        return switch (context()) {
            case HARDIRQ -> hardirqKind == HardirqKind.HARD ? WaitType.SPIN : WaitType.CONFIG;
            case SOFTIRQ -> WaitType.CONFIG;
            case TASK -> WaitType.MAX;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
