package io.github.iommu4j.smmuv3.hardware;

/**
 * Carries out the invalidation commands on the caches: the epoch, the entries, and the epoch again, as {@link
 * CacheEpoch} asks.
 *
 * <p>Its monitor is what a translation holds that must not be overtaken. Thread-safe.
 */
final class CacheMaintenance implements Invalidation {

    private static final int EVERY_STREAM = 31;

    private final CacheEpoch epoch;
    private final ConfigCaches configs;
    private final Iotlb tlb;
    private final Smmuv3Capabilities capabilities;

    CacheMaintenance(CacheEpoch epoch, ConfigCaches configs, Iotlb tlb, Smmuv3Capabilities capabilities) {
        this.epoch = epoch;
        this.configs = configs;
        this.tlb = tlb;
        this.capabilities = capabilities;
    }

    @Override
    public synchronized void ste(int streamId, boolean leafOnly) {
        epoch.advance();
        configs.removeStream(streamId);
        epoch.advance();
    }

    @Override
    public synchronized void steRange(int streamId, int range) {
        epoch.advance();
        configs.removeStreams(streamId, range >= EVERY_STREAM ? 0 : -1 << range + 1);
        epoch.advance();
    }

    @Override
    public synchronized void cd(int streamId, int substreamId, boolean leafOnly) {
        epoch.advance();
        configs.removeContext(streamId, substreamId);
        epoch.advance();
    }

    @Override
    public synchronized void cdAll(int streamId) {
        epoch.advance();
        configs.removeContexts(streamId);
        epoch.advance();
    }

    @Override
    public synchronized void tlb(TlbInvalidation request) {
        epoch.advance();
        tlb.invalidate(new TlbMatch(request, capabilities.s2p()));
        epoch.advance();
    }
}
