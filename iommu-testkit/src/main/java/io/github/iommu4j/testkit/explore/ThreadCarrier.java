package io.github.iommu4j.testkit.explore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads, of which one runs while the others are parked; used again from run to run. Platform or virtual threads. */
final class ThreadCarrier implements Carrier {

    /** How often a waiting thread looks before it parks: the other side often answers at once. */
    private static final int LOOKS = 64;

    /** How often, and how many times in a row, a task has to be seen waiting for a monitor. */
    private static final long LOOK_NANOS = 100_000_000;

    private static final int BLOCKED_LOOKS = 20;

    private static final class Seat implements Coroutine {
        private volatile boolean turn;
        private volatile @Nullable Thread thread;
        private volatile @Nullable Runnable body;

        private void give() {
            turn = true;
            Thread target = thread;
            if (target != null) {
                LockSupport.unpark(target);
            }
        }

        private void await() {
            for (int i = 0; i < LOOKS && !turn; i++) {
                Thread.onSpinWait();
            }
            while (!turn) {
                LockSupport.park(this);
            }
            turn = false;
        }

        private boolean isBlocked() {
            Thread mine = thread;
            return mine != null && mine.getState() == Thread.State.BLOCKED;
        }
    }

    private final ThreadFactory threads;
    private final Seat main = new Seat();
    private final Deque<Seat> idle = new ArrayDeque<>();
    private final Deque<Seat> all = new ArrayDeque<>();
    private volatile boolean closed;
    private volatile @Nullable Seat running;

    ThreadCarrier(ThreadFactory threads) {
        this.threads = threads;
    }

    @Override
    public Coroutine create(String name, Runnable body) {
        Seat seat = idle.poll();
        if (seat == null) {
            seat = new Seat();
            Seat own = seat;
            Thread thread = threads.newThread(() -> serve(own));
            seat.thread = thread;
            all.add(seat);
            seat.body = body;
            thread.start();
        } else {
            seat.body = body;
        }
        return seat;
    }

    private void serve(Seat seat) {
        while (true) {
            seat.await();
            Runnable body = seat.body;
            if (closed || body == null) {
                return;
            }
            body.run();
        }
    }

    @Override
    public void run(Coroutine first) {
        main.thread = Thread.currentThread();
        hand((Seat) first);
        int blocked = 0;
        while (!main.turn && blocked < BLOCKED_LOOKS) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            Seat now = running;
            blocked = now != null && now.isBlocked() ? blocked + 1 : 0;
        }
        if (!main.turn) {
            throw new IllegalStateException(
                    "a task waits for a monitor at " + place(running)
                            + "; it is held by one that is not its turn: what is explored must not hold monitors where tasks can change");
        }
        main.turn = false;
    }

    private static String place(@Nullable Seat seat) {
        Thread thread = seat == null ? null : seat.thread;
        StackTraceElement[] frames = thread == null ? new StackTraceElement[0] : thread.getStackTrace();
        return frames.length == 0 ? "an unknown place" : frames[0].toString();
    }

    private void hand(Seat to) {
        running = to;
        to.give();
    }

    @Override
    public void transfer(Coroutine from, Coroutine to) {
        hand((Seat) to);
        ((Seat) from).await();
    }

    @Override
    public void finish(Coroutine from, @Nullable Coroutine to) {
        Seat seat = (Seat) from;
        seat.body = null;
        idle.add(seat);
        hand(to == null ? main : (Seat) to);
    }

    @Override
    public boolean canForget() {
        return false;
    }

    @Override
    public void close() {
        closed = true;
        all.forEach(Seat::give);
    }
}
