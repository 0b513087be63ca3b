package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.Completion;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A latch of one. An interrupt of the waiting thread is kept for later, as an uninterruptible sleep does. */
final class PlainCompletion implements Completion {

    private final String name;
    private final @Nullable WaitObserver observer;
    private final CountDownLatch latch = new CountDownLatch(1);

    PlainCompletion(String name, @Nullable WaitObserver observer) {
        this.name = name;
        this.observer = observer;
    }

    @Override
    public void await() {
        if (isDone()) {
            return;
        }
        if (observer != null) {
            observer.waits(name);
        }
        awaitUninterruptibly();
        if (observer != null) {
            observer.resumes(name);
        }
    }

    private void awaitUninterruptibly() {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isDone() {
        return latch.getCount() == 0;
    }

    @Override
    public void complete() {
        latch.countDown();
    }

    @Override
    public String toString() {
        return "completion " + name;
    }
}
