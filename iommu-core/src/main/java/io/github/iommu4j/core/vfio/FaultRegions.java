package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gives devices fault regions while they are open, where the proposal of 2019 is on and the release has device handlers. */
final class FaultRegions {

    private final IommuCore core;
    private final @Nullable Function<DeviceNode, FaultRegion.Place> places;

    FaultRegions(IommuCore core, VfioOptions options) {
        this.core = core;
        this.places = core.release().hasDeviceFaultHandlers() ? options.nested() : null;
    }

    Locking locking() {
        return core.locking();
    }

    /** A region that takes the device's faults; {@code null} when there is none to be had. */
    @Nullable
    FaultRegion start(DeviceNode device) {
        if (places == null) {
            return null;
        }
        FaultRegion region = new FaultRegion(core, places.apply(device));
        try {
            core.faults().register(device, region::onFault);
            return region;
        } catch (IommuException refusal) {
            core.log().print(KernelLog.Level.WARNING, device + ": no fault region: " + refusal.getMessage());
            return null;
        }
    }

    /** The handler is not running when this returns. A region takes no page requests, so none can be pending. */
    void stop(DeviceNode device) {
        core.faults().unregister(device);
    }
}
