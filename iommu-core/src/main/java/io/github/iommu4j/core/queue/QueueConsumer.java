package io.github.iommu4j.core.queue;

import org.jspecify.annotations.Nullable;

/**
 * Who consumes a queue: one thread at a time, without a lock while it does. A thread that rings the doorbell while another consumes
 * leaves what is new to that one, so that a guest may ring from an interrupt handler on any thread.
 *
 * <p>Thread-safe. The books are kept under the unit's monitor, so that a doorbell and the change that it announces are seen
 * together.
 */
public final class QueueConsumer {

    /** A queue of a unit. */
    public interface Queue {

        /**
         * Consumes what stands first. Is called by one thread at a time; the unit's monitor is not held.
         *
         * @return {@code false} when there was nothing that can be consumed now
         */
        boolean consumeOne();

        /**
         * How much one doorbell is good for, so that no guest that goes on ringing keeps a thread for ever. The unit's monitor is
         * held.
         *
         * @return a number of entries, such as the queue's length
         */
        int budget();
    }

    private final Object monitor;
    private final Queue queue;
    /** Guarded by {@link #monitor}: who consumes. */
    private @Nullable Thread consumer;
    /** Guarded by {@link #monitor}: somebody rang since the last drain began. */
    private boolean rung;

    /**
     * Nobody consumes yet.
     *
     * @param monitor what guards the unit's registers
     * @param queue what is consumed
     */
    public QueueConsumer(Object monitor, Queue queue) {
        this.monitor = monitor;
        this.queue = queue;
    }

    /**
     * Consumes at most one entry, and then what a doorbell asked for meanwhile.
     *
     * @return {@code false} when there was none to consume, or another thread is consuming
     */
    public boolean step() {
        synchronized (monitor) {
            if (consumer != null) {
                return false;
            }
            consumer = Thread.currentThread();
        }
        boolean done;
        try {
            done = queue.consumeOne();
        } finally {
            leave();
        }
        drain();
        return done;
    }

    /**
     * Something changed that may let consumption go on: consumes until there is nothing or the budget is used up, unless another
     * thread is at it. A doorbell that consumption itself rings does not prolong it. The unit's monitor is not held.
     */
    public void doorbell() {
        synchronized (monitor) {
            if (consumer == Thread.currentThread()) {
                return;
            }
            rung = true;
        }
        drain();
    }

    private void drain() {
        int budget = enter();
        while (budget > 0) {
            try {
                while (budget > 0 && queue.consumeOne()) {
                    budget--;
                }
            } finally {
                leave();
            }
            budget = enter();
        }
    }

    /** Becomes the consumer if there is a doorbell to answer; returns how many entries that doorbell is good for. */
    private int enter() {
        synchronized (monitor) {
            if (!rung || consumer != null) {
                return 0;
            }
            rung = false;
            consumer = Thread.currentThread();
            return queue.budget();
        }
    }

    private void leave() {
        synchronized (monitor) {
            consumer = null;
        }
    }
}
