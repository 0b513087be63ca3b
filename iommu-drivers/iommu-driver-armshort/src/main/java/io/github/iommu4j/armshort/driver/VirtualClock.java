package io.github.iommu4j.armshort.driver;

import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when it is paused. */
final class VirtualClock implements PollClock {

    private final AtomicLong now = new AtomicLong();

    @Override
    public long nanos() {
        return now.get();
    }

    @Override
    public void pause(long nanos) {
        now.addAndGet(nanos);
    }
}
