package io.github.iommu4j.vtd.hardware;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The routes found last, one for each of a few places. A route counts only under the structures' epoch and the registers it was
 * found under, so that no invalidation and no register needs to clear it. Read without locks; thread-safe.
 */
final class Routes {

    private static final int SLOTS_LG2 = 6;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final AtomicReferenceArray<@Nullable Route> slots = new AtomicReferenceArray<>(1 << SLOTS_LG2);

    /** Who asks: 32 bits of source-id, 32 of PASID. */
    static long who(int sid, int pasid) {
        return (long) pasid << 32 | sid & 0xFFFF_FFFFL;
    }

    /** The route, or nothing. A control state is swapped whole, so that another object is another state. */
    @SuppressWarnings("ReferenceEquality")
    @Nullable
    Route find(long who, long stamp, ControlState control) {
        Route route = slots.getAcquire(slotOf(who));
        return route != null && route.who() == who && route.stamp() == stamp && route.control() == control
                ? route
                : null;
    }

    void keep(Route route) {
        slots.setRelease(slotOf(route.who()), route);
    }

    private static int slotOf(long who) {
        return (int) (who * MIX >>> 64 - SLOTS_LG2);
    }
}
