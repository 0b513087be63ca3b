package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.util.List;

/** Makes the SMMUs under test. */
final class Units {

    /**
     * Loads that one access can cost at most: an L1STD, an STE, an L1CD and a CD, four stage-1 descriptors, and four of
     * stage 2 for each of the L1CD, the CD, the stage-1 descriptors, the update of the last one and the result.
     */
    static final long MOST_FETCHES = 1 + 8 + 1 + 8 + 4 + 4 * 8;

    /** What an SMMU remembers. */
    enum Caching {
        DEFAULT,
        EVERYTHING,
        ONE_ENTRY,
        NO_IOTLB,
        NO_CONFIG,
        NONE;

        CacheGeometry geometry() {
            return switch (this) {
                case DEFAULT -> CacheGeometry.DEFAULT;
                case EVERYTHING -> CacheGeometry.DEFAULT.keeping(CacheGeometry.Structures.ALL);
                case ONE_ENTRY -> CacheGeometry.DEFAULT.withTlb(1, 1).withConfig(1, 1);
                case NO_IOTLB -> CacheGeometry.DEFAULT.withoutTlb();
                case NO_CONFIG -> CacheGeometry.DEFAULT.withoutConfig();
                case NONE -> CacheGeometry.OFF;
            };
        }
    }

    /** Those that remember translations. */
    static final List<Caching> CACHED =
            List.of(Caching.DEFAULT, Caching.EVERYTHING, Caching.ONE_ENTRY, Caching.NO_CONFIG);

    private Units() {}

    /** For tables that may be their own structures: an update of a descriptor may change what is cached of an STE or CD. */
    static Caching uncached(Smmuv3Capabilities capabilities) {
        return capabilities.httu() == 0 ? Caching.NO_IOTLB : Caching.NONE;
    }

    static TranslationUnit smmu(PhysicalMemory memory, Smmuv3Capabilities capabilities, Caching caching) {
        return Smmuv3.builder(memory)
                .capabilities(capabilities)
                .caches(caching.geometry())
                .build();
    }
}
