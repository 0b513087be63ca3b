package io.github.iommu4j.core.pagetable;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lends arrays to read runs of words into, so that a call does not have to make one. A borrower that finds nothing gets
 * a new one; what is given back too much is dropped. May be used from any thread, and never waits.
 *
 * @param <A> the array's type
 */
final class ScratchPool<A> {

    private static final int SLOTS = 8;

    private final AtomicReferenceArray<@Nullable A> slots = new AtomicReferenceArray<>(SLOTS);
    private final Supplier<A> maker;

    ScratchPool(Supplier<A> maker) {
        this.maker = maker;
    }

    A take() {
        A array = slots.getAndSet(slot(), null);
        return array == null ? maker.get() : array;
    }

    void give(A array) {
        slots.setRelease(slot(), array);
    }

    private static int slot() {
        return (int) Thread.currentThread().getId() & SLOTS - 1;
    }
}
