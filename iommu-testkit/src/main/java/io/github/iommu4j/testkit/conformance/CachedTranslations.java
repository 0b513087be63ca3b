package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A TLB that has everything in it that was ever mapped: leaves, and the tables on the way to them, until they are
 * invalidated.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
final class CachedTranslations implements TlbInvalidation {

    private final PlainTranslations leaves = new PlainTranslations();
    private final PlainTranslations walks = new PlainTranslations();
    private final List<Call> calls = new ArrayList<>();

    /** What was called. */
    enum Kind {
        ALL,
        WALK,
        PAGE
    }

    /** One call; a call for several pages is several. */
    record Call(Kind kind, long iova, long size, @Nullable IotlbGather gather) {}

    /** A range is mapped, and is cached at once. */
    synchronized void cache(long iova, long size) {
        leaves.put(iova, size, iova, Prot.NONE);
        walks.put(iova, size, iova, Prot.NONE);
    }

    synchronized boolean hasLeaf(long iova, long size) {
        return leaves.isAnyMapped(iova, size);
    }

    synchronized boolean hasWalk(long iova, long size) {
        return walks.isAnyMapped(iova, size);
    }

    /** The calls since this was last asked. */
    synchronized List<Call> takeCalls() {
        List<Call> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    @Override
    public synchronized void flushAll() {
        calls.add(new Call(Kind.ALL, 0, 0, null));
        leaves.clear();
        walks.clear();
    }

    @Override
    public synchronized void flushWalk(long iova, long size, long granule) {
        calls.add(new Call(Kind.WALK, iova, size, null));
        leaves.remove(iova, size);
        walks.remove(iova, size);
    }

    @Override
    public synchronized void addPage(@Nullable IotlbGather gather, long iova, long granule) {
        calls.add(new Call(Kind.PAGE, iova, granule, gather));
        leaves.remove(iova, granule);
    }
}
