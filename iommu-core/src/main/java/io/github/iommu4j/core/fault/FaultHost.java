package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.IopfHandler;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** The kernel around {@link DeviceFaults}: what it follows, and what is attached where. Thread-safe. */
public interface FaultHost {

    /**
     * A domain whose handler takes page requests.
     *
     * @param domain the domain
     * @param handler its handler
     */
    record Target(IommuDomain domain, IopfHandler handler) {}

    /**
     * The kernel that is followed.
     *
     * @return the release
     */
    KernelRelease release();

    /**
     * Where locks come from.
     *
     * @return the locking
     */
    Locking locking();

    /**
     * Where lines and warnings go.
     *
     * @return the log
     */
    KernelLog log();

    /**
     * Whether an erratum is on.
     *
     * @param erratum the erratum
     * @return {@code true} when it was switched on
     */
    boolean has(Erratum erratum);

    /**
     * Who takes a device's page requests, from 6.9 on. Must not take the group's mutex.
     *
     * @param device the device
     * @param pasid the PASID of the request, or {@link io.github.iommu4j.api.dma.TranslationUnit#NO_SUBSTREAM}
     * @return the domain attached there with its handler, or {@code null} when there is none of either
     */
    @Nullable
    Target target(Device device, int pasid);
}
