package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device's address translation cache (PCIe ATS), with a checker that does not rely on the cache being right: every entry
 * knows when it was asked for, every invalidation when it was completed, and an entry that is used after a completed
 * invalidation that covers it is a {@link StaleHit}.
 *
 * <p>Thread-safe: its monitor guards it, and nothing is called from under it.
 */
final class DeviceTranslations {

    /** What an entry is found by. */
    record Key(int substreamId, Privilege privilege) {}

    /** A completion of a Translation Request that was asked for at a time. */
    record Entry(Key key, long first, int sizeLg2, Translation.Ok completion, long asked) {

        boolean contains(long iova) {
            return sizeLg2 >= Long.SIZE - 1 || iova >>> sizeLg2 == first >>> sizeLg2;
        }

        /** The address the device sends. */
        long target(long iova) {
            long offset = sizeLg2 >= Long.SIZE - 1 ? -1L : (1L << sizeLg2) - 1;
            return completion.pa() & ~offset | iova & offset;
        }

        boolean allows(int permissions) {
            return (completion.permissions() & permissions) == permissions;
        }
    }

    private record Drop(InvalidateRequest request, long time, boolean completed) {}

    private final int capacity;
    private final boolean forgets;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private final List<Drop> drops = new ArrayList<>();
    private final List<Entry> used = new ArrayList<>();
    private final List<StaleHit> stale = new ArrayList<>();
    private long time;
    private int underWay;

    DeviceTranslations(int capacity, boolean forgets) {
        this.capacity = capacity;
        this.forgets = forgets;
    }

    /** The time at which a Translation Request is sent; {@link #fill} or {@link #abandon} ends it. */
    synchronized long ask() {
        underWay++;
        return time;
    }

    /** A Translation Request brought nothing to keep. */
    synchronized void abandon() {
        underWay--;
    }

    /** Finds a translation and takes it into use; {@link #release} ends that. */
    synchronized @Nullable Entry use(Key key, long iova, int permissions) {
        Iterator<Entry> all = entries.iterator();
        while (all.hasNext()) {
            Entry entry = all.next();
            if (entry.key().equals(key) && entry.contains(iova) && entry.allows(permissions)) {
                all.remove();
                entries.addFirst(entry);
                take(entry, iova);
                return entry;
            }
        }
        return null;
    }

    /** Takes a completion into use, and keeps it; {@code null} when it was dropped while it was under way. */
    synchronized @Nullable Entry fill(Entry entry, long iova) {
        underWay--;
        if (!forgets && drops.stream().anyMatch(drop -> isDroppedBy(entry, drop))) {
            return null;
        }
        entries.removeIf(other -> other.key().equals(entry.key()) && other.contains(iova));
        entries.addFirst(entry);
        while (entries.size() > capacity) {
            entries.removeLast();
        }
        take(entry, iova);
        return entry;
    }

    private void take(Entry entry, long iova) {
        used.add(entry);
        for (Drop drop : drops) {
            if (drop.completed() && isDroppedBy(entry, drop)) {
                stale.add(new StaleHit(iova, entry.target(iova), drop.request()));
                return;
            }
        }
    }

    private static boolean isDroppedBy(Entry entry, Drop drop) {
        return drop.time() > entry.asked() && covers(drop.request(), entry);
    }

    private static boolean covers(InvalidateRequest request, Entry entry) {
        return request.covers(entry.key().substreamId(), entry.first(), entry.sizeLg2());
    }

    synchronized void release(Entry entry) {
        used.remove(entry);
    }

    /**
     * Drops what an invalidation covers; {@code false} when some of that is in use, so that it is not complete yet.
     *
     * @param atOnce whether the device says that it is complete when nothing is in use
     */
    synchronized boolean drop(InvalidateRequest request, boolean atOnce) {
        forgetOldDrops();
        time++;
        boolean idle = forgets || used.stream().noneMatch(entry -> covers(request, entry));
        drops.add(new Drop(request, time, idle && atOnce));
        if (!forgets) {
            entries.removeIf(entry -> covers(request, entry));
        }
        return idle;
    }

    /** Those that cover no entry which is older, in the cache or in use; what is on its way may be older than any. */
    private void forgetOldDrops() {
        if (underWay == 0) {
            drops.removeIf(drop -> drop.completed()
                    && entries.stream().noneMatch(entry -> isDroppedBy(entry, drop))
                    && used.stream().noneMatch(entry -> isDroppedBy(entry, drop)));
        }
    }

    /** The device says that an invalidation is complete now. */
    synchronized void completed(InvalidateRequest request) {
        for (int i = 0; i < drops.size(); i++) {
            Drop drop = drops.get(i);
            if (!drop.completed() && drop.request().equals(request)) {
                drops.set(i, new Drop(request, drop.time(), true));
                return;
            }
        }
    }

    /** Whether anything that an invalidation covers is in use. */
    synchronized boolean isInUse(InvalidateRequest request) {
        return used.stream().anyMatch(entry -> covers(request, entry));
    }

    /** Drops everything without being asked: ATS is switched off, or the device is reset. */
    synchronized void clear() {
        entries.clear();
    }

    /** Invalidations that an entry may still be judged by. */
    synchronized int dropsRemembered() {
        return drops.size();
    }

    synchronized int size() {
        return entries.size();
    }

    synchronized List<StaleHit> staleHits() {
        return List.copyOf(stale);
    }
}
