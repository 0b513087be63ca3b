package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;

/**
 * One access.
 *
 * @param streamId StreamID
 * @param substreamId SubstreamID, or -1 for none
 * @param address input address
 * @param accessBits packed as {@link io.github.iommu4j.api.dma.Access} says
 */
public record Probe(int streamId, int substreamId, long address, int accessBits) {

    /** The same access as a value. */
    public DmaRequest request() {
        DmaRequest plain = DmaRequest.of(streamId, address, Access.of(accessBits));
        DmaRequest placed = substreamId < 0 ? plain : plain.withSubstream(substreamId);
        return (accessBits & Access.PRIVILEGED_BIT) != 0 ? placed.privileged() : placed;
    }

    @Override
    public String toString() {
        return String.format(
                "stream 0x%x substream %d address 0x%x access 0x%x", streamId, substreamId, address, accessBits);
    }
}
