package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Work to be done later, oldest first (Linux {@code workqueue_struct}). Whoever calls {@link #step} is a worker; there may be
 * several at once. Thread-safe.
 */
final class WorkQueue {

    private static final LockClass LOCK_CLASS = new LockClass("&pool->lock (iopf_queue)");

    private record Work(Runnable action, Completion done) {}

    private final Locking locking;
    private final SpinLock lock;

    // Guarded by the lock.
    private final Deque<Work> queued = new ArrayDeque<>();
    private final Set<Work> running = new LinkedHashSet<>();

    WorkQueue(Locking locking) {
        this.locking = locking;
        this.lock = locking.spinLock(LOCK_CLASS);
    }

    void add(Runnable action) {
        Work work = new Work(action, locking.completion("work of an iopf queue"));
        lock.lock();
        try {
            queued.add(work);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return queued.size();
        } finally {
            lock.unlock();
        }
    }

    /** Does one piece of work; says whether there was any. */
    boolean step() {
        Work work = take(null);
        if (work == null) {
            return false;
        }
        run(work);
        return true;
    }

    private @Nullable Work take(@Nullable List<Work> among) {
        lock.lock();
        try {
            Work work = queued.peek();
            if (work == null || among != null && !among.contains(work)) {
                return null;
            }
            queued.remove();
            running.add(work);
            return work;
        } finally {
            lock.unlock();
        }
    }

    private void run(Work work) {
        try {
            work.action.run();
        } finally {
            lock.lock();
            try {
                running.remove(work);
            } finally {
                lock.unlock();
            }
            work.done.complete();
        }
    }

    /** Returns when all that was queued or running is done. The caller lends a hand. */
    void flush() {
        List<Work> now;
        lock.lock();
        try {
            now = new ArrayList<>(running);
            now.addAll(queued);
        } finally {
            lock.unlock();
        }
        for (Work work = take(now); work != null; work = take(now)) {
            run(work);
        }
        now.forEach(work -> work.done.await());
    }
}
