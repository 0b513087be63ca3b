package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Device-TLB invalidations that are outstanding and the waits behind them, in the order of the queue: a wait completes when
 * everything before it has (Intel VT-d §6.5.2.8). Guarded by the register lock.
 */
final class PendingWaits {

    private record Item(
            @Nullable InvalidateRequest invalidation,
            @Nullable InvalidationDescriptor waiting) {

        boolean isFence() {
            return waiting != null && InvalidationDescriptor.FENCE.isSet(waiting.q0());
        }
    }

    private final List<Item> items = new ArrayList<>();

    void add(InvalidateRequest invalidation) {
        items.add(new Item(invalidation, null));
    }

    void add(InvalidationDescriptor wait) {
        items.add(new Item(null, wait));
    }

    boolean isBusy() {
        return !items.isEmpty();
    }

    int size() {
        return items.size();
    }

    /** Whether nothing may be fetched until a wait with FN completes. */
    boolean hasFence() {
        return items.stream().anyMatch(Item::isFence);
    }

    /** Ends the oldest of equal invalidations; {@code false} when there is none. */
    boolean remove(InvalidateRequest invalidation) {
        for (int i = 0; i < items.size(); i++) {
            if (invalidation.equals(items.get(i).invalidation())) {
                items.remove(i);
                return true;
            }
        }
        return false;
    }

    /** Takes a wait that everything before has completed. */
    @Nullable
    InvalidationDescriptor nextReady() {
        if (items.isEmpty() || items.get(0).waiting() == null) {
            return null;
        }
        return items.remove(0).waiting();
    }

    /** After a time-out no pending wait signals any more. */
    void abortWaits() {
        items.removeIf(item -> item.waiting() != null);
    }

    void clear() {
        items.clear();
    }
}
