package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.DeviceFaultHandler;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Faults of devices: where drivers report them, handlers take them and answers go back. One for each core, whose release it
 * follows.
 *
 * <p>Up to 6.8 a device has a handler, {@link #register}, whose answers come by {@link #respond}; a driver whose report is
 * refused answers the request itself. From 6.9 page requests go to the {@link io.github.iommu4j.api.fault.IopfHandler} of the
 * attached domain, once the device is in an {@link IopfQueue}; what nobody takes the core has answered when {@link #report}
 * returns.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. Lock order: {@code &queue->lock}, {@code &param->lock},
 * {@code &fault_param->lock}, then the driver's own.
 */
public final class DeviceFaults implements DeviceFaultReporter {

    private final FaultRoom room;
    private final FaultEra era;

    /**
     * Faults of a kernel without devices.
     *
     * @param host the kernel
     * @param options what kernels left open
     */
    public DeviceFaults(FaultHost host, FaultOptions options) {
        this.room = new FaultRoom(host, options);
        this.era = FaultEra.of(room);
    }

    /**
     * A device has got an IOMMU.
     *
     * @param device the device
     * @param driver the IOMMU's driver
     */
    public void added(Device device, IommuDriver driver) {
        era.added(device, driver);
    }

    /**
     * A device is about to lose its IOMMU. Requests that are not answered are answered {@code INVALID}; its handler goes, and it
     * leaves its queue.
     *
     * @param device the device
     */
    public void released(Device device) {
        era.released(device);
    }

    /**
     * Gives a device a handler (Linux 5.3 to 6.8 {@code iommu_register_device_fault_handler}).
     *
     * @param device the device
     * @param handler takes its faults, called with {@code &param->lock} held; may answer at once
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} when the device has no IOMMU; {@code EBUSY} when it has a
     *     handler; {@code ENOMEM}; {@code EOPNOTSUPP} from 6.9
     */
    public void register(Device device, DeviceFaultHandler handler) {
        era.register(device, handler);
    }

    /**
     * Takes a device's handler away (Linux 5.3 to 6.8 {@code iommu_unregister_device_fault_handler}); nothing happens when it has
     * none. The handler is not running when this returns.
     *
     * @param device the device
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} when the device has no IOMMU; {@code EBUSY} when requests are
     *     not answered and the {@link UnregisterPolicy} refuses then; {@code EOPNOTSUPP} from 6.9
     */
    public void unregister(Device device) {
        era.unregister(device);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Up to 6.8: {@code EINVAL} without an IOMMU or handler; {@code ENOMEM}; else the handler's answer. From 6.9: {@code
     * EOPNOTSUPP} for what is no page request; {@code EINVAL} when no handler is attached or the device is in no queue; {@code
     * ENOMEM} for a request that others follow.
     */
    @Override
    public @Nullable Errno report(Device device, FaultEvent event) {
        return era.report(device, event);
    }

    /**
     * Answers a page request (Linux 5.3 to 6.8 {@code iommu_page_response}).
     *
     * @param device who asked
     * @param response the answer; reaches the oldest request with its group and, where that needs one, its PASID
     * @throws io.github.iommu4j.api.IommuException in this order: {@code ENODEV} when the device's IOMMU takes no answers;
     *     {@code EINVAL} without a handler, when nothing waits or no request matches; the driver's errno, with which the request
     *     counts as answered; {@code EOPNOTSUPP} from 6.9
     */
    public void respond(Device device, PageResponse response) {
        era.respond(device, ResponseRecord.of(response));
    }

    /**
     * Answers a page request as user space does.
     *
     * @param device who asked
     * @param response the answer
     * @throws io.github.iommu4j.api.IommuException as {@link #respond(Device, PageResponse)}, and {@code EINVAL} after the test
     *     for a handler for another version, an unknown flag or an unknown code
     */
    public void respond(Device device, ResponseRecord response) {
        era.respond(device, response);
    }

    /**
     * Requests whose answer is due.
     *
     * @param device a device
     * @return the last request of each group, oldest first; a snapshot
     */
    public List<PageRequest> pending(Device device) {
        return era.pending(device);
    }

    /**
     * Requests that wait in a queue for the last of their group.
     *
     * @param device a device
     * @return the requests, oldest first; a snapshot
     */
    public List<PageRequest> partial(Device device) {
        return era.partial(device);
    }

    /**
     * Answers {@code INVALID} for requests that have waited too long, {@link UnregisterPolicy.Kind#TIME_OUT} only. To be called
     * when time has passed.
     *
     * @return whether there were any
     */
    public boolean expire() {
        return era.expire();
    }

    /**
     * Makes a queue (Linux {@code iopf_queue_alloc}).
     *
     * @param name for reports
     * @param pages gets each page of a group, until the first failure
     * @return a queue without devices
     */
    public IopfQueue newQueue(String name, PageRequestHandler pages) {
        return new IopfQueue(name, room, era, pages);
    }

    /**
     * A handler that puts a device's requests into the queue it is in (Linux 5.3 to 6.8 {@code iommu_queue_iopf}). It answers
     * {@code EOPNOTSUPP} for what is no page request, {@code ENODEV} for a device in no queue, {@code ENOMEM}.
     *
     * @return the handler, for {@link #register}
     */
    public DeviceFaultHandler queueing() {
        return era::queue;
    }

    /**
     * Waits until every group of a device's queue that waits now is handled (Linux {@code iopf_queue_flush_dev}).
     *
     * @param device a device in a queue, which asks for nothing more
     * @throws io.github.iommu4j.api.IommuException {@code ENODEV} when it is in none; from 6.9 a warning, too
     */
    public void flush(Device device) {
        era.flush(device);
    }
}
