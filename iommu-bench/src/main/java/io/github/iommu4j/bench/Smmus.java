package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;

/** SMMUs over the tables of a {@link Machine}. */
final class Smmus {

    private Smmus() {}

    static TranslationUnit over(Machine machine, CacheGeometry caches) {
        TranslationUnit smmu = Smmuv3.builder(machine.memory)
                .capabilities(Smmuv3Capabilities.everything())
                .caches(caches)
                .build();
        machine.enable(smmu.registers());
        return smmu;
    }
}
