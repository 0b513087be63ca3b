package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.WaitObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Locks for tasks that take turns: one runs until it ends or has to wait, then the task that waited longest and can go
 * on. So whether a call blocks is known without timing, and the same operations always end in the same order.
 *
 * <p><b>Thread-safety:</b> {@link #start} and {@link #close} belong to the thread that made the instance, which takes
 * part as a task that must never have to wait.
 */
public final class TurnLocking implements Locking, AutoCloseable {

    /** A call running as a task of its own. */
    public static final class Task {

        private final Condition turn;
        private final String name;
        private volatile boolean ended;
        private @Nullable BooleanSupplier awaited;
        private @Nullable Throwable failure;

        private Task(Condition turn, String name) {
            this.turn = turn;
            this.name = name;
        }

        /**
         * Whether the call has returned.
         *
         * @return {@code false} while it waits
         */
        public boolean isDone() {
            return ended;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Ends a task that waits for ever. */
    private static final class Abandoned extends Error {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("abandoned", null, false, false);
        }
    }

    private static final WaitObserver NEVER_WAITS = new WaitObserver() {
        @Override
        public void waits(String what) {
            throw new AssertionError("a task waits with the spin lock " + what + " held");
        }

        @Override
        public void resumes(String what) {}
    };

    private final Locking plain = new PlainLocking(NEVER_WAITS);
    private final ReentrantLock monitor = new ReentrantLock();
    private final Condition mainTurn = monitor.newCondition();
    private final Deque<Task> waiting = new ArrayDeque<>();
    private volatile @Nullable Task running;
    private boolean closed;

    /** Locks without tasks. */
    public TurnLocking() {}

    /**
     * Runs a call as a task until nothing can go on any more: until it, and every task it let go on, ended or waits.
     *
     * @param name what the task does, for reports
     * @param call the call; what it throws fails this method when the task ends in it
     * @return the task
     */
    public Task start(String name, Runnable call) {
        Task task = new Task(monitor.newCondition(), name);
        Thread thread = new Thread(() -> run(task, call), name);
        thread.setDaemon(true);
        monitor.lock();
        try {
            running = task;
            thread.start();
            while (running != null) {
                mainTurn.awaitUninterruptibly();
            }
        } finally {
            monitor.unlock();
        }
        rethrow(task);
        return task;
    }

    private static void rethrow(Task task) {
        Throwable failure = task.failure;
        if (failure != null) {
            throw new AssertionError(task.name + " failed", failure);
        }
    }

    private void run(Task task, Runnable call) {
        try {
            call.run();
        } catch (Abandoned end) {
            return;
        } catch (Throwable failure) {
            task.failure = failure;
        } finally {
            monitor.lock();
            try {
                task.ended = true;
                passTurn();
            } finally {
                monitor.unlock();
            }
        }
    }

    /** Gives the turn to the task that waited longest and can go on, else to the main thread. */
    private void passTurn() {
        Task next = null;
        for (Iterator<Task> tasks = waiting.iterator(); tasks.hasNext() && next == null; ) {
            Task candidate = tasks.next();
            BooleanSupplier awaited = candidate.awaited;
            if (closed || awaited == null || awaited.getAsBoolean()) {
                tasks.remove();
                next = candidate;
            }
        }
        running = next;
        (next == null ? mainTurn : next.turn).signal();
    }

    /** Waits until a condition that only other tasks change holds. */
    void await(BooleanSupplier condition, String what) {
        if (condition.getAsBoolean()) {
            return;
        }
        Task task = running;
        if (task == null) {
            throw new AssertionError("the main thread would wait for " + what);
        }
        monitor.lock();
        try {
            task.awaited = condition;
            waiting.add(task);
            passTurn();
            while (running != task) {
                task.turn.awaitUninterruptibly();
            }
            task.awaited = null;
            if (closed) {
                throw new Abandoned();
            }
        } finally {
            monitor.unlock();
        }
    }

    /** Ends the tasks that still wait. Nothing these locks protect may be used after that. */
    @Override
    public void close() {
        monitor.lock();
        try {
            closed = true;
            passTurn();
            while (running != null) {
                mainTurn.awaitUninterruptibly();
            }
        } finally {
            monitor.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public Mutex mutex(LockClass lockClass) {
        return new TurnMutex(this, lockClass);
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return new TurnRwSemaphore(this, lockClass);
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return plain.spinLock(lockClass);
    }

    @Override
    public Completion completion(String name) {
        return new TurnCompletion(this, name);
    }

    @Override
    public RefCount refCount(String name) {
        return plain.refCount(name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        action.run();
    }
}
