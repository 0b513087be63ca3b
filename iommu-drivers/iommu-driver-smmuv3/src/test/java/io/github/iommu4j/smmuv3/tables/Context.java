package io.github.iommu4j.smmuv3.tables;

import java.util.List;

/**
 * One place traffic can go: a stream, or a substream of one, and what was built for it.
 *
 * @param streamId StreamID
 * @param substreamId SubstreamID, or -1 for none
 * @param vmid STE.S2VMID
 * @param asid CD.ASID; 0 without stage 1
 * @param world STE.STRW: 0 EL1, 2 EL2 with or without E2H
 * @param entry physical address of the STE
 * @param descriptor physical address of the CD; 0 without stage 1
 * @param addresses input addresses worth trying
 * @param mappings leaf entries of both stages
 */
public record Context(
        int streamId,
        int substreamId,
        int vmid,
        int asid,
        int world,
        long entry,
        long descriptor,
        List<Long> addresses,
        List<Mapping> mappings) {

    /** Whether stage 1 translates here. */
    public boolean hasStage1() {
        return descriptor != 0;
    }

    /** Whether translations belong to EL2, and EL2 commands remove them. */
    public boolean isEl2() {
        return world == 2;
    }

    @Override
    public String toString() {
        return String.format(
                "stream 0x%x substream %d vmid %d asid %d strw %d", streamId, substreamId, vmid, asid, world);
    }
}
