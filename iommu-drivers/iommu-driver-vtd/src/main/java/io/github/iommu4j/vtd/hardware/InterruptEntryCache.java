package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.InterruptEntry;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Cached interrupt entries by index (Intel VT-d §6.2.4, §6.5.2.7): direct mapped. Only invalidations take entries out, and
 * an entry that was read before an invalidation never goes in after it. Look-ups take no lock and allocate nothing.
 */
final class InterruptEntryCache {

    private static final int SLOTS = 1024;

    private record Slot(int index, InterruptEntry entry) {}

    private final AtomicReferenceArray<@Nullable Slot> slots = new AtomicReferenceArray<>(SLOTS);
    /** Written with this object's monitor held: how many invalidations there were. */
    private volatile long epoch;

    /** To be asked before an entry is read from memory, and given to {@link #fill}. */
    long epoch() {
        return epoch;
    }

    @Nullable
    InterruptEntry lookUp(int index) {
        Slot slot = slots.get(index & SLOTS - 1);
        return slot != null && slot.index() == index ? slot.entry() : null;
    }

    /** Keeps an entry, unless there was an invalidation since {@code begun}. */
    synchronized void fill(long begun, int index, InterruptEntry entry) {
        if (epoch == begun) {
            slots.set(index & SLOTS - 1, new Slot(index, entry));
        }
    }

    synchronized void invalidateAll() {
        nextEpoch();
        for (int slot = 0; slot < SLOTS; slot++) {
            slots.set(slot, null);
        }
    }

    /** Takes out the entries whose index is the same but for its low {@code mask} bits. */
    synchronized void invalidate(int index, int mask) {
        nextEpoch();
        for (int at = 0; at < SLOTS; at++) {
            Slot slot = slots.get(at);
            if (slot != null && ((slot.index() ^ index) & ~Log2.mask(mask)) == 0) {
                slots.set(at, null);
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void nextEpoch() {
        epoch++;
    }
}
