package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.DeviceFaultHandler;
import io.github.iommu4j.api.fault.FaultEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of some releases; {@link DeviceFaults} and {@link IopfQueue} say what the methods do. */
interface FaultEra {

    static FaultEra of(FaultRoom room) {
        return room.host().release().hasDeviceFaultHandlers() ? new HandlerEra(room) : new DomainEra(room);
    }

    void added(Device device, IommuDriver driver);

    void released(Device device);

    void register(Device device, DeviceFaultHandler handler);

    void unregister(Device device);

    @Nullable
    Errno report(Device device, FaultEvent event);

    void respond(Device device, ResponseRecord response);

    @Nullable
    Errno queue(Device device, FaultEvent event);

    List<FaultEvent.PageRequest> pending(Device device);

    List<FaultEvent.PageRequest> partial(Device device);

    boolean expire();

    /** Called with the queue's lock held. */
    void addToLocked(IopfQueue queue, Device device);

    /** Called with the queue's lock held. */
    void removeFromLocked(IopfQueue queue, Device device);

    /** Called with the queue's lock held. */
    void dropPartialsLocked(IopfQueue queue, Device device);

    void flush(Device device);
}
