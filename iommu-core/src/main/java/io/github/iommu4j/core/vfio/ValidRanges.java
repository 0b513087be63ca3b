package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.ReservedRegion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses a container can map: what every domain translates, without what is reserved for any group. Immutable.
 *
 * @param ranges ascending, disjoint
 */
record ValidRanges(List<IovaRange> ranges) {

    /** Every address: without domains. */
    static final ValidRanges EVERYTHING = new ValidRanges(List.of(new IovaRange(0, -1)));

    ValidRanges {
        ranges = List.copyOf(ranges);
    }

    /** Whether a mapping lies inside one range. */
    boolean enclose(IovaRange mapping) {
        return ranges.stream().anyMatch(range -> range.encloses(mapping));
    }

    /** The part inside an aperture. */
    ValidRanges within(IovaRange aperture) {
        List<IovaRange> rest = new ArrayList<>();
        for (IovaRange range : ranges) {
            addRange(rest, max(range.start(), aperture.start()), min(range.last(), aperture.last()));
        }
        return new ValidRanges(rest);
    }

    /** The part that is not reserved; relaxable regions may be taken away from the firmware. */
    ValidRanges without(List<ReservedRegion> regions) {
        List<IovaRange> rest = ranges;
        for (ReservedRegion region : regions) {
            if (region.type() != ReservedRegion.Type.DIRECT_RELAXABLE) {
                rest = cut(rest, region.range());
            }
        }
        return new ValidRanges(rest);
    }

    private static List<IovaRange> cut(List<IovaRange> ranges, IovaRange hole) {
        List<IovaRange> rest = new ArrayList<>();
        for (IovaRange range : ranges) {
            if (!range.overlaps(hole)) {
                rest.add(range);
                continue;
            }
            if (Long.compareUnsigned(range.start(), hole.start()) < 0) {
                rest.add(new IovaRange(range.start(), hole.start() - 1));
            }
            if (Long.compareUnsigned(hole.last(), range.last()) < 0) {
                rest.add(new IovaRange(hole.last() + 1, range.last()));
            }
        }
        return rest;
    }

    /** From the first to the last address, holes included. */
    @Nullable
    IovaRange span() {
        return ranges.isEmpty()
                ? null
                : new IovaRange(
                        ranges.get(0).start(), ranges.get(ranges.size() - 1).last());
    }

    private static void addRange(List<IovaRange> ranges, long start, long last) {
        if (Long.compareUnsigned(start, last) <= 0) {
            ranges.add(new IovaRange(start, last));
        }
    }

    private static long max(long one, long other) {
        return Long.compareUnsigned(one, other) >= 0 ? one : other;
    }

    private static long min(long one, long other) {
        return Long.compareUnsigned(one, other) <= 0 ? one : other;
    }
}
