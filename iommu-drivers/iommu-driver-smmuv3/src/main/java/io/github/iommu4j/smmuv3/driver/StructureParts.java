package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.driver.StructureMemory;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Set;

/**
 * What the tables of one unit are made with.
 *
 * @param name the unit's name, for the log
 * @param memory where tables are written
 * @param structures gives their memory out
 * @param log where messages go
 * @param release which kernel's driver it is
 * @param errata historical mistakes that are on
 */
record StructureParts(
        String name,
        PhysicalMemory memory,
        StructureMemory structures,
        KernelLog log,
        KernelRelease release,
        Set<Smmuv3Erratum> errata) {

    StructureParts {
        errata = Set.copyOf(errata);
    }

    boolean has(Smmuv3Erratum erratum) {
        return errata.contains(erratum);
    }

    void print(KernelLog.Level level, String text) {
        log.print(level, "arm-smmu-v3 " + name + ": " + text);
    }
}
