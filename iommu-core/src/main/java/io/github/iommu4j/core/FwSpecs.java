package io.github.iommu4j.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.lock.Mutex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What firmware says of devices' IOMMUs, put together step by step (Linux {@code iommu_fwspec_init}, {@code _add_ids},
 * {@code _free}).
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread; they take {@code iommu_probe_device_lock}.
 */
public final class FwSpecs {

    private final IommuCore core;
    private final Mutex probeLock;
    private final Supplier<Errno> missingSupplier;

    FwSpecs(IommuCore core, Mutex probeLock, Supplier<Errno> missingSupplier) {
        this.core = core;
        this.probeLock = probeLock;
        this.missingSupplier = missingSupplier;
    }

    /**
     * Begins a device's description.
     *
     * @param device the device
     * @param iommu the firmware node of its IOMMU, on 7.2 the name of the registered instance
     * @throws IommuException {@code EINVAL} when the device is described as behind another IOMMU; on 7.2, while the
     *     instance is not registered, the answer of the deferred probe's rule. Nothing happens when it is described as
     *     behind this one.
     */
    public void begin(Device device, String iommu) {
        locked(() -> {
            boolean registered =
                    core.drivers().stream().anyMatch(driver -> driver.name().equals(iommu));
            if (core.release().describesOnlyRegisteredIommus() && !registered) {
                throw new IommuException(missingSupplier.get(), "no IOMMU " + iommu + " is registered");
            }
            FwSpec known = device.fwSpec();
            if (known == null) {
                device.setFwSpec(new FwSpec(iommu, List.of()));
            } else if (!known.iommu().equals(iommu)) {
                throw new IommuException(
                        Errno.EINVAL, device.name() + " is behind " + known.iommu() + " and cannot be behind " + iommu);
            }
        });
    }

    /**
     * Adds ids, also such as are there already.
     *
     * @param device a described device
     * @param ids the ids the device has at its IOMMU
     * @throws IommuException {@code EINVAL} when the device is not described
     */
    public void addIds(Device device, List<Integer> ids) {
        locked(() -> {
            FwSpec known = device.fwSpec();
            if (known == null) {
                throw new IommuException(Errno.EINVAL, device.name() + " is not described");
            }
            List<Integer> all = new ArrayList<>(known.ids());
            all.addAll(ids);
            device.setFwSpec(new FwSpec(known.iommu(), all));
        });
    }

    /**
     * Drops a device's description; nothing happens without one.
     *
     * @param device the device
     */
    public void free(Device device) {
        locked(() -> device.setFwSpec(null));
    }

    private void locked(Runnable action) {
        probeLock.lock();
        try {
            action.run();
        } finally {
            probeLock.unlock();
        }
    }
}
