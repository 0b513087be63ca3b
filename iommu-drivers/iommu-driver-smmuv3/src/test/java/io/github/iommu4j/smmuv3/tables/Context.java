package io.github.iommu4j.smmuv3.tables;

import java.util.List;

/**
 * One place traffic can go: a stream, or a substream of one, and what was built for it.
 *
 * @param streamId StreamID
 * @param substreamId SubstreamID, or -1 for none
 * @param vmid STE.S2VMID
 * @param asid CD.ASID; 0 without stage 1
 * @param descriptor physical address of the CD, or of the STE without stage 1
 * @param addresses input addresses worth trying
 * @param mappings leaf entries of both stages
 */
public record Context(
        int streamId,
        int substreamId,
        int vmid,
        int asid,
        long descriptor,
        List<Long> addresses,
        List<Mapping> mappings) {}
