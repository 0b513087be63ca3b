package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.memory.MmioRegion;

/** Registers that tell of every write. */
final class RegisterTap implements MmioRegion {

    private final MmioRegion region;
    private final Listener listener;

    /** Is told before a write is made. */
    @FunctionalInterface
    interface Listener {
        void written(long offset, long value);
    }

    RegisterTap(MmioRegion region, Listener listener) {
        this.region = region;
        this.listener = listener;
    }

    @Override
    public long size() {
        return region.size();
    }

    @Override
    public long read(long offset, int width) {
        return region.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
        listener.written(offset, value);
        region.write(offset, width, value);
    }
}
