package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import java.util.List;
import java.util.OptionalLong;

/** A mock IOMMU as one device sees it: pages, no registers, no queues. Thread-safe as the mock is. */
final class MockUnit implements TranslationUnit {

    private static final int PAGE_LG2 = 12;
    private static final MemoryAttributes ORDINARY = new MemoryAttributes(0xFF, Shareability.INNER);

    private final Device device;
    private final MockIommuDriver iommu;

    MockUnit(Device device, MockIommuDriver iommu) {
        this.device = device;
        this.iommu = iommu;
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        OptionalLong pa = lookUp(substreamId, iova, Access.of(accessBits));
        return pa.isPresent()
                ? Translations.ok(pa.getAsLong(), PAGE_LG2, accessBits & 3)
                : Translations.fault(0, FaultResponse.ABORT);
    }

    @Override
    public Translation translate(DmaRequest request) {
        OptionalLong pa = lookUp(request.substreamId(), request.iova(), request.access());
        return pa.isPresent()
                ? new Translation.Ok(pa.getAsLong(), PAGE_LG2, request.access().bits() & 3, ORDINARY)
                : new Translation.Fault(0, "ABORT", FaultResponse.ABORT, false);
    }

    private OptionalLong lookUp(int substreamId, long iova, Access access) {
        return substreamId == NO_SUBSTREAM
                ? iommu.translate(device, iova, access)
                : iommu.translate(device, substreamId, iova, access);
    }

    @Override
    public Explanation explain(DmaRequest request) {
        return new Explanation(request, List.of(), translate(request), List.of(), "the mock's own map");
    }

    @Override
    public MmioRegion registers() {
        return new MmioRegion() {
            @Override
            public long size() {
                return 0;
            }

            @Override
            public long read(long offset, int width) {
                return 0;
            }

            @Override
            public void write(long offset, int width, long value) {}
        };
    }

    @Override
    public boolean step() {
        return false;
    }
}
