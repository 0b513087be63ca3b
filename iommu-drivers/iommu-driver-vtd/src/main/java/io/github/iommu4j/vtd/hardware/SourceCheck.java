package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.InterruptEntry;
import java.util.Set;

/** Verifies who uses an interrupt entry: SVT, SQ and SID (Intel VT-d §9.10). Immutable. */
final class SourceCheck {

    private static final int[] COMPARED = {0xFFFF, 0xFFFB, 0xFFF9, 0xFFF8};

    private final boolean reversed;

    SourceCheck(Set<VtdDeviation> deviations) {
        this.reversed = deviations.contains(VtdDeviation.BUS_RANGE_REVERSED);
    }

    boolean accepts(InterruptEntry entry, int sid) {
        int named = InterruptEntry.SID.getInt(entry.q1());
        return switch (InterruptEntry.SVT.getInt(entry.q1())) {
            case InterruptEntry.SVT_NONE -> true;
            case InterruptEntry.SVT_SID -> ((sid ^ named) & COMPARED[InterruptEntry.SQ.getInt(entry.q1())]) == 0;
            case InterruptEntry.SVT_BUS -> isOnBus(sid >>> 8, named >>> 8, named & 0xFF);
            default -> false;
        };
    }

    private boolean isOnBus(int bus, int high, int low) {
        return reversed ? low <= bus && bus <= high : high <= bus && bus <= low;
    }
}
