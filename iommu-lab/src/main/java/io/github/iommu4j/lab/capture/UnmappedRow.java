package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;

/**
 * A line of {@code walker_unmapped.csv}: an access the specification refuses, by an independent walker.
 *
 * @param line line number, from 1
 * @param streamId StreamID
 * @param iova input address
 * @param access read or write
 * @param expected the refusal
 */
public record UnmappedRow(long line, int streamId, long iova, Access access, Expectation expected) {}
