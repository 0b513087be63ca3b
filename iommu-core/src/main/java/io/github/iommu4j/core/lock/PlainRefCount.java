package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.RefCount;
import java.util.concurrent.atomic.AtomicInteger;

/** An atomic count. */
final class PlainRefCount implements RefCount {

    private final String name;
    private final AtomicInteger count = new AtomicInteger(1);

    PlainRefCount(String name) {
        this.name = name;
    }

    @Override
    public void get() {
        if (!getUnlessZero()) {
            throw new AssertionError("reference to " + name + " taken after the last was dropped");
        }
    }

    @Override
    public boolean getUnlessZero() {
        return count.getAndUpdate(value -> value == 0 ? 0 : value + 1) != 0;
    }

    @Override
    public boolean put() {
        int before = count.getAndUpdate(value -> value == 0 ? 0 : value - 1);
        if (before == 0) {
            throw new AssertionError("reference to " + name + " dropped twice");
        }
        return before == 1;
    }

    @Override
    public int value() {
        return count.get();
    }

    @Override
    public String toString() {
        return name + " refcount " + count;
    }
}
