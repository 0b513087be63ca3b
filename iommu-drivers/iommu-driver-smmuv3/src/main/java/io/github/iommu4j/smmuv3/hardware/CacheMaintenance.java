package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;

/**
 * Carries out the invalidation commands on the caches: the epoch, the entries, and the epoch again, as {@link
 * CacheEpoch} asks; then it waits for the table updates of translations that began before.
 *
 * <p>Its monitor is what a translation holds that must not be overtaken. Thread-safe.
 */
final class CacheMaintenance implements Invalidation {

    private static final int EVERY_STREAM = 31;

    private final CacheEpoch epoch;
    private final ConfigCaches configs;
    private final Iotlb tlb;
    private final TableUpdates updates;
    private final Smmuv3Capabilities capabilities;

    CacheMaintenance(
            CacheEpoch epoch, ConfigCaches configs, Iotlb tlb, TableUpdates updates, Smmuv3Capabilities capabilities) {
        this.epoch = epoch;
        this.configs = configs;
        this.tlb = tlb;
        this.updates = updates;
        this.capabilities = capabilities;
    }

    @Override
    public synchronized void ste(int streamId, boolean leafOnly) {
        forget(() -> configs.removeStream(streamId));
    }

    @Override
    public synchronized void steRange(int streamId, int range) {
        forget(() -> configs.removeStreams(streamId, range >= EVERY_STREAM ? 0 : -1 << range + 1));
    }

    @Override
    public synchronized void cd(int streamId, int substreamId, boolean leafOnly) {
        forget(() -> configs.removeContext(streamId, substreamId));
    }

    @Override
    public synchronized void cdAll(int streamId) {
        forget(() -> configs.removeContexts(streamId));
    }

    @Override
    public synchronized void tlb(TlbInvalidation request) {
        epoch.advance();
        tlb.invalidate(new TlbMatch(request, capabilities.s2p()));
        epoch.advance();
        updates.barrier();
    }

    /**
     * Removes configurations twice: one may have been made, under the new epoch, from a structure that was still cached
     * when the first removal had passed its place.
     */
    private void forget(Runnable removal) {
        epoch.advance();
        removal.run();
        epoch.advance();
        removal.run();
        epoch.advance();
        updates.barrier();
    }
}
