package io.github.iommu4j.core;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.ReservedRegion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The reserved regions of a group, from those of its devices. All methods are pure. */
final class ReservedRegions {

    private static final Comparator<ReservedRegion> ORDER = Comparator.<ReservedRegion>comparingLong(
                    region -> region.range().start() ^ Long.MIN_VALUE)
            .thenComparing(ReservedRegion::type);

    private ReservedRegions() {}

    /** Sorts by start and type; regions of one type that overlap or touch become one, those of different types stay. */
    static List<ReservedRegion> merge(List<ReservedRegion> regions) {
        List<ReservedRegion> sorted = new ArrayList<>(regions);
        sorted.sort(ORDER);
        List<ReservedRegion> merged = new ArrayList<>();
        for (ReservedRegion region : sorted) {
            int same = indexOfTouching(merged, region);
            if (same < 0) {
                merged.add(region);
            } else {
                merged.set(same, union(merged.get(same), region));
            }
        }
        return merged;
    }

    private static int indexOfTouching(List<ReservedRegion> merged, ReservedRegion region) {
        for (int i = merged.size() - 1; i >= 0; i--) {
            ReservedRegion candidate = merged.get(i);
            long last = candidate.range().last();
            boolean touches = last == -1L || Long.compareUnsigned(region.range().start(), last + 1) <= 0;
            if (candidate.type() == region.type() && touches) {
                return i;
            }
        }
        return -1;
    }

    private static ReservedRegion union(ReservedRegion one, ReservedRegion other) {
        long last = Long.compareUnsigned(one.range().last(), other.range().last()) >= 0
                ? one.range().last()
                : other.range().last();
        return new ReservedRegion(new IovaRange(one.range().start(), last), one.prot(), one.type());
    }
}
