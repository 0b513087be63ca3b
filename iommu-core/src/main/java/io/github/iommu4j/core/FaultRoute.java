package io.github.iommu4j.core;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.fault.FaultHost;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** What the faults of a core know of it. */
final class FaultRoute implements FaultHost {

    private final IommuCore core;

    FaultRoute(IommuCore core) {
        this.core = core;
    }

    @Override
    public KernelRelease release() {
        return core.release();
    }

    @Override
    public Locking locking() {
        return core.locking();
    }

    @Override
    public KernelLog log() {
        return core.log();
    }

    @Override
    public boolean has(Erratum erratum) {
        return core.has(erratum);
    }

    @Override
    public @Nullable Target target(Device device, int pasid) {
        DeviceIommu iommu = core.iommuOf(device);
        if (iommu == null) {
            return null;
        }
        Target target = iommu.group.faultTarget(pasid);
        boolean usersTables = pasid != TranslationUnit.NO_SUBSTREAM && iommu.driver.hasUserPasidTables();
        return target == null && usersTables ? iommu.group.faultTarget(TranslationUnit.NO_SUBSTREAM) : target;
    }
}
