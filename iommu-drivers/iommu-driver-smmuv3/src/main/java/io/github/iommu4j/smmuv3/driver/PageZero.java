package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.MmioRegion;

/**
 * The registers of a unit that has no page 1: what stands there is reached at the same offset of page 0 (IHI 0070 §6.1). As
 * thread-safe as the region.
 *
 * @param region the registers there are
 */
record PageZero(MmioRegion region) implements MmioRegion {

    private static final long OFFSETS = 0xFFFF;

    @Override
    public long size() {
        return OFFSETS + 1;
    }

    @Override
    public long read(long offset, int width) {
        return region.read(offset & OFFSETS, width);
    }

    @Override
    public void write(long offset, int width, long value) {
        region.write(offset & OFFSETS, width, value);
    }
}
