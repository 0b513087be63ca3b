package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import java.util.List;

/** Register windows of one size, one after the other. */
final class RegionRow implements MmioRegion {

    private final List<MmioRegion> regions;
    private final long each;

    RegionRow(List<MmioRegion> regions, long each) {
        this.regions = regions;
        this.each = each;
    }

    @Override
    public long size() {
        return regions.size() * each;
    }

    @Override
    public long read(long offset, int width) {
        return isInside(offset) ? regions.get((int) (offset / each)).read(offset % each, width) : 0;
    }

    @Override
    public void write(long offset, int width, long value) {
        if (isInside(offset)) {
            regions.get((int) (offset / each)).write(offset % each, width, value);
        }
    }

    private boolean isInside(long offset) {
        return offset >= 0 && offset < size();
    }
}
