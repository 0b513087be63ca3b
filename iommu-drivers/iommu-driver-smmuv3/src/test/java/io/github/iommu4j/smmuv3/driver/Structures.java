package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.driver.StructureMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Set;

/** Parts with an arena of their own. */
final class Structures {

    static final long ARENA = 0x4000_0000L;
    static final long ARENA_BYTES = 1L << 30;

    private Structures() {}

    static StructureParts parts(PhysicalMemory memory, KernelRelease release, Smmuv3Erratum... errata) {
        return parts(memory, release, KernelLog.WarnPolicy.THROW, errata);
    }

    static StructureParts parts(
            PhysicalMemory memory, KernelRelease release, KernelLog.WarnPolicy policy, Smmuv3Erratum... errata) {
        ArenaAllocator arena = new ArenaAllocator(memory, ARENA, ARENA_BYTES, new PlainLocking());
        return new StructureParts(
                "smmu", memory, new StructureMemory(arena), new KernelLog(policy), release, Set.of(errata));
    }
}
