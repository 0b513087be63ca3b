package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.bits.Log2;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Devices without an IOMMU: they see memory where the CPU does (Linux {@code kernel/dma/direct.c}, without bounce
 * buffers).
 *
 * <p>Immutable, when the function it was made with is.
 */
public final class DirectMapper implements DmaMapper {

    private final ToIntFunction<Device> reach;

    /** Devices that reach all memory. */
    public DirectMapper() {
        this(device -> Long.SIZE);
    }

    /**
     * Devices of limited reach.
     *
     * @param reach how many address bits a device drives, 1 to 64
     */
    public DirectMapper(ToIntFunction<Device> reach) {
        this.reach = reach;
    }

    @Override
    public ScatterList map(Device device, ScatterList list, DmaDirection direction) {
        int bits = reach.applyAsInt(device);
        for (ScatterList.Segment segment : list.segments()) {
            if (!Log2.fits(segment.pa() + segment.length() - 1, bits)) {
                throw new IommuException(
                        Errno.EIO, device.name() + " drives " + bits + " bits and does not reach " + segment);
            }
        }
        List<ScatterList.DmaRange> ranges = list.segments().stream()
                .map(segment -> new ScatterList.DmaRange(segment.pa(), segment.length()))
                .toList();
        return list.mappedAt(ranges);
    }

    @Override
    public void unmap(Device device, ScatterList list, DmaDirection direction) {}
}
