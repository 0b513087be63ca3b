package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.KernelRelease;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The mappings of a container, in the kernel's order. Guarded by the lock of its {@link Type1}.
 *
 * <p>Up to 7.1 the kernel computes the end of a mapping exclusively, which is 0 for one that ends the address space.
 * Such a mapping sorts before everything that is there when it is made, is found by no search and stops a walk over a
 * range below it; {@link KernelRelease#losesMappingsThatEndTheAddressSpace()}.
 */
final class MappingTable {

    /** A mapping no search finds, and the lowest mapping that was there when it was made, if any. */
    private record Lost(Mapping mapping, @Nullable Long before) {}

    private final boolean loses;
    private final NavigableMap<Long, Mapping> found = new TreeMap<>(Long::compareUnsigned);
    private final List<Lost> lost = new ArrayList<>();

    MappingTable(KernelRelease release) {
        this.loses = release.losesMappingsThatEndTheAddressSpace();
    }

    void add(Mapping mapping) {
        if (isLost(mapping)) {
            lost.add(0, new Lost(mapping, found.isEmpty() ? null : found.firstKey()));
        } else {
            found.put(mapping.iova(), mapping);
        }
    }

    void remove(Mapping mapping) {
        if (isLost(mapping)) {
            lost.removeIf(entry -> entry.mapping() == mapping);
        } else {
            found.remove(mapping.iova());
            Long next = found.higherKey(mapping.iova());
            lost.replaceAll(
                    entry -> Objects.equals(entry.before(), mapping.iova()) ? new Lost(entry.mapping(), next) : entry);
        }
    }

    private boolean isLost(Mapping mapping) {
        return loses && mapping.endsTheAddressSpace();
    }

    /** A mapping that shares an address with a range, the lowest of them. */
    @Nullable
    Mapping overlapping(long iova, long size) {
        if (size == 0 || loses && iova + size == 0) {
            return null;
        }
        Mapping first = firstEndingAtOrAfter(iova);
        return first != null && Long.compareUnsigned(first.iova(), iova + size - 1) <= 0 ? first : null;
    }

    private @Nullable Mapping firstEndingAtOrAfter(long iova) {
        Mapping at = at(iova);
        if (at != null) {
            return at;
        }
        Map.Entry<Long, Mapping> above = found.ceilingEntry(iova);
        return above == null ? null : above.getValue();
    }

    /** The mapping an address is in. */
    @Nullable
    Mapping at(long iova) {
        Map.Entry<Long, Mapping> below = found.floorEntry(iova);
        return below != null && below.getValue().covers(iova) ? below.getValue() : null;
    }

    /** Whether a range starts and ends at edges of mappings, or outside of any. */
    boolean cutsNone(long iova, long size) {
        Mapping atStart = at(iova);
        Mapping atEnd = at(iova + size - 1);
        return (atStart == null || atStart.iova() == iova) && (atEnd == null || atEnd.last() == iova + size - 1);
    }

    /** The mappings that share an address with a range, in order: what UNMAP_DMA walks over. */
    List<Mapping> reachingInto(long iova, long size) {
        Mapping first = overlapping(iova, size);
        return first == null ? List.of() : walk(first, iova + size - 1);
    }

    /** The mappings that begin in a range, in order: what a dirty bitmap is made from. */
    List<Mapping> beginningIn(long iova, long size) {
        List<Mapping> walked = walk(null, iova + size - 1);
        walked.removeIf(mapping -> Long.compareUnsigned(mapping.iova(), iova) < 0);
        return walked;
    }

    /** The mappings searches find, ascending. */
    List<Mapping> searchable() {
        return List.copyOf(found.values());
    }

    /** Every mapping, in order. */
    List<Mapping> all() {
        return walk(null, -1);
    }

    /** From one mapping, or the first, until one begins behind an address. */
    private List<Mapping> walk(@Nullable Mapping from, long last) {
        List<Mapping> walked = new ArrayList<>();
        for (Mapping mapping :
                from == null ? found.values() : found.tailMap(from.iova()).values()) {
            boolean stopped = mapping != from && !walkLost(mapping.iova(), last, walked);
            if (stopped || Long.compareUnsigned(mapping.iova(), last) > 0) {
                return walked;
            }
            walked.add(mapping);
        }
        walkLost(null, last, walked);
        return walked;
    }

    /** Walks over what no search finds, at one place of the order; says whether the walk goes on. */
    private boolean walkLost(@Nullable Long before, long last, List<Mapping> walked) {
        for (Lost entry : lost) {
            if (Objects.equals(entry.before(), before)) {
                if (Long.compareUnsigned(entry.mapping().iova(), last) > 0) {
                    return false;
                }
                walked.add(entry.mapping());
            }
        }
        return true;
    }
}
