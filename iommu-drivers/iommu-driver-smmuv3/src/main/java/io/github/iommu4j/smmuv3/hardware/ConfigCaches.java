package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.cache.StructureCache;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry.Structures;
import org.jspecify.annotations.Nullable;

/**
 * The caches of decoded configuration: STEs by StreamID, and CDs (joined with what the STE says) by StreamID and
 * SubstreamID. They are separate because CMD_CFGI_CD need not remove an STE (IHI 0070 §4.3). L1STDs and L1CDs are not
 * cached.
 */
final class ConfigCaches {

    private static final long NO_SUBSTREAM = 0xFFFF_FFFFL;

    private final StructureCache<Stream> streams;
    private final StructureCache<StreamConfig> configs;
    private final Structures structures;

    ConfigCaches(CacheGeometry geometry, CacheEpoch epoch) {
        streams = new StructureCache<>(geometry.configSets(), geometry.configWays(), epoch);
        configs = new StructureCache<>(geometry.configSets(), geometry.configWays(), epoch);
        structures = geometry.structures();
    }

    @Nullable
    StreamConfig find(int streamId, int substreamId) {
        return configs.find(key(streamId, substreamId));
    }

    @Nullable
    Stream findStream(int streamId) {
        return streams.find(Integer.toUnsignedLong(streamId));
    }

    void insert(long seen, int streamId, Stream stream) {
        if (stream.cacheable().isKept(structures)) {
            streams.insert(seen, Integer.toUnsignedLong(streamId), stream);
        }
    }

    void insert(long seen, int streamId, int substreamId, StreamConfig config) {
        if (config.cacheable.isKept(structures)) {
            configs.insert(seen, key(streamId, substreamId), config);
        }
    }

    void removeStream(int streamId) {
        streams.remove(Integer.toUnsignedLong(streamId));
        removeContexts(streamId);
    }

    /** Removes the streams whose ids agree with one in the bits of a mask. */
    void removeStreams(int streamId, int mask) {
        streams.removeIf((key, stream) -> (((int) key ^ streamId) & mask) == 0);
        configs.removeIf((key, config) -> (((int) (key >>> 32) ^ streamId) & mask) == 0);
    }

    void removeContexts(int streamId) {
        configs.removeIf((key, config) -> (int) (key >>> 32) == streamId);
    }

    /** Removes one CD. That of SubstreamID 0 also serves transactions without one. */
    void removeContext(int streamId, int substreamId) {
        configs.remove(key(streamId, substreamId));
        if (substreamId == 0) {
            configs.remove(key(streamId, (int) NO_SUBSTREAM));
        }
    }

    private static long key(int streamId, int substreamId) {
        return (long) streamId << 32 | substreamId & NO_SUBSTREAM;
    }
}
