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
     * stage 2 for each of the L1CD, the CD, the stage-1 descriptors and the result.
     */
    static final long MOST_FETCHES = 1 + 8 + 1 + 8 + 4 + 4 * 7;

    /** What an SMMU remembers. */
    enum Caching {
        DEFAULT(CacheGeometry.DEFAULT),
        EVERYTHING(CacheGeometry.DEFAULT.keeping(CacheGeometry.Structures.ALL)),
        ONE_ENTRY(CacheGeometry.DEFAULT.withTlb(1, 1).withConfig(1, 1)),
        NO_IOTLB(CacheGeometry.DEFAULT.withoutTlb()),
        NO_CONFIG(CacheGeometry.DEFAULT.withoutConfig()),
        NONE(CacheGeometry.OFF);

        private final CacheGeometry geometry;

        Caching(CacheGeometry geometry) {
            this.geometry = geometry;
        }
    }

    /** Those that remember translations. */
    static final List<Caching> CACHED =
            List.of(Caching.DEFAULT, Caching.EVERYTHING, Caching.ONE_ENTRY, Caching.NO_CONFIG);

    private Units() {}

    static TranslationUnit smmu(PhysicalMemory memory, Smmuv3Capabilities capabilities, Caching caching) {
        return Smmuv3.builder(memory)
                .capabilities(capabilities)
                .caches(caching.geometry)
                .build();
    }
}
