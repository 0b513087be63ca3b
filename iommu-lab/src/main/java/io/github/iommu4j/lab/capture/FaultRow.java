package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;

/**
 * A line of {@code qemu_faults.csv}: a fault the reference machine reported since it was switched on.
 *
 * @param line line number, from 1
 * @param sourceId source-id
 * @param address input address
 * @param reason the fault's code
 * @param access read or write
 */
public record FaultRow(long line, int sourceId, long address, int reason, Access access) {}
