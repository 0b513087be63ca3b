package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A domain and what is mapped in it, kept in a map of ranges. */
final class SpaceModel {

    private static final long PAGE = DriverRig.PAGE;
    private static final int REMEMBERED = 6;

    final IommuDomain domain;
    private final long window;
    private final long windowSize;
    private final NavigableMap<Long, Piece> pieces = new TreeMap<>();
    private final Deque<Long> gone = new ArrayDeque<>();

    /** The domain takes mappings. */
    private boolean mappable;

    private record Piece(long size, long pa) {}

    /** Nothing mapped. */
    SpaceModel(IommuDomain domain, DriverRig rig, long windowSize) {
        this.domain = domain;
        this.window = rig.window;
        this.mappable = rig.mapsBeforeAttach;
        this.windowSize = windowSize;
    }

    /** The domain was attached. */
    void attached() {
        mappable = true;
    }

    /** Where an address goes; {@code null} when it is not mapped. */
    @Nullable
    Long lookUp(long iova) {
        Map.Entry<Long, Piece> below = pieces.floorEntry(iova);
        if (below == null || iova - below.getKey() >= below.getValue().size) {
            return null;
        }
        return below.getValue().pa + iova - below.getKey();
    }

    /** Maps a few pages, or now and then a large page, where nothing is. Says whether there was room. */
    boolean map(Random random) {
        long large = largePage();
        boolean takesLarge = large != 0 && random.nextInt(4) == 0;
        long size = takesLarge ? large : PAGE * (1 + random.nextInt(8));
        long unit = takesLarge ? large : PAGE;
        long iova = window + unit * random.nextInt((int) (windowSize / unit));
        long pa = DriverRig.DATA + unit * random.nextInt((int) (windowSize / unit));
        if (iova + size > window + windowSize || overlaps(iova, size)) {
            return false;
        }
        if (!mappable) {
            assertThat(DriverRig.errno(() -> domain.map(iova, pa, size, Prot.READ_WRITE)))
                    .as("a mapping in a domain that was never attached")
                    .isEqualTo(Errno.ENODEV);
            return false;
        }
        domain.map(iova, pa, size, Prot.READ_WRITE);
        pieces.put(iova, new Piece(size, pa));
        return true;
    }

    /** The second-smallest page if the window has room for some, else 0. */
    private long largePage() {
        long larger = domain.pageSizes().bitmap() & ~domain.pageSizes().smallest();
        long second = Long.lowestOneBit(larger);
        return second > 0 && second * 4 <= windowSize ? second : 0;
    }

    private boolean overlaps(long iova, long size) {
        Map.Entry<Long, Piece> below = pieces.lowerEntry(iova + size);
        return below != null && below.getKey() + below.getValue().size > iova;
    }

    /** Unmaps one of the ranges, whole or in part where it is of small pages. Says whether there was one. */
    boolean unmap(Random random) {
        if (pieces.isEmpty()) {
            return false;
        }
        List<Long> starts = List.copyOf(pieces.keySet());
        long start = starts.get(random.nextInt(starts.size()));
        Piece piece = Objects.requireNonNull(pieces.remove(start));
        long first = 0;
        long size = piece.size;
        if (piece.size <= 8 * PAGE && random.nextBoolean()) {
            first = PAGE * random.nextInt((int) (piece.size / PAGE));
            size = PAGE * (1 + random.nextInt((int) ((piece.size - first) / PAGE)));
        }
        take(start + first, size, random.nextInt(3));
        keep(start, new Piece(first, piece.pa));
        keep(start + first + size, new Piece(piece.size - first - size, piece.pa + first + size));
        return true;
    }

    private void take(long iova, long size, int way) {
        long unmapped;
        if (way == 0) {
            unmapped = domain.unmap(iova, size);
        } else {
            IotlbGather gather = way == 1 ? new IotlbGather() : IotlbGather.queued();
            unmapped = domain.unmapFast(iova, size, gather);
            if (way == 2) {
                domain.flushIotlbAll();
            }
            domain.iotlbSync(gather);
        }
        if (unmapped != size) {
            throw new AssertionError(String.format("0x%x of 0x%x bytes at 0x%x are unmapped", unmapped, size, iova));
        }
        gone.addFirst(iova);
        gone.addFirst(iova + size - PAGE);
        while (gone.size() > REMEMBERED) {
            gone.removeLast();
        }
    }

    private void keep(long iova, Piece piece) {
        if (piece.size != 0) {
            pieces.put(iova, piece);
        }
    }

    /** Addresses worth looking at: of some ranges both ends, and what went last. */
    List<Long> interesting(Random random) {
        List<Long> addresses = new ArrayList<>(gone);
        List<Long> starts = List.copyOf(pieces.keySet());
        for (int i = 0; i < 3 && !starts.isEmpty(); i++) {
            long start = starts.get(random.nextInt(starts.size()));
            addresses.add(start);
            addresses.add(start + lastPage(start));
        }
        return addresses;
    }

    private long lastPage(long start) {
        Piece piece = pieces.get(start);
        return piece == null ? 0 : piece.size - PAGE;
    }

    /** Unmaps everything and frees the domain. */
    void free() {
        pieces.forEach((iova, piece) -> domain.unmap(iova, piece.size));
        domain.free();
    }
}
