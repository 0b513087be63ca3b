package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.core.driver.StructureMemory;

/**
 * What the pieces of a unit's driver share.
 *
 * @param host what the driver stands in
 * @param description what firmware says of it
 * @param registers its registers
 * @param capabilities what it can
 * @param structures where its structures are
 */
record VtdUnitParts(
        VtdHost host,
        DmarUnit description,
        UnitRegisters registers,
        UnitCapabilities capabilities,
        StructureMemory structures) {

    /** Words that a unit which does not snoop is to see. */
    void writeBack(long address, long bytes) {
        if (!capabilities.hasCoherentStructures()) {
            host.kernel().caches().sync(address, bytes);
        }
    }

    /** A page of zeros for a structure. */
    long allocatePage() {
        long page = structures.allocate(4096);
        writeBack(page, 4096);
        return page;
    }
}
