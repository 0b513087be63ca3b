package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.testkit.explore.Operation.Effect;

/** Registers whose every access is a point where tasks can change; an access may change any register of its region. */
final class ExploredRegisters implements MmioRegion {

    private final Execution execution;
    private final MmioRegion region;
    private final int object;

    ExploredRegisters(Execution execution, MmioRegion region) {
        this.execution = execution;
        this.region = region;
        this.object = execution.newObject();
    }

    @Override
    public long size() {
        return region.size();
    }

    @Override
    public long read(long offset, int width) {
        execution.point(Operation.of(object, Effect.CHANGES, "read register 0x" + Long.toHexString(offset)));
        return region.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
        execution.point(Operation.of(object, Effect.CHANGES, "write register 0x" + Long.toHexString(offset)));
        region.write(offset, width, value);
    }
}
