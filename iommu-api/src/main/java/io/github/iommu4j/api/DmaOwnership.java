package io.github.iommu4j.api;

import io.github.iommu4j.api.device.Device;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a group's DMA: nobody yet, the kernel's drivers, or one user.
 *
 * <pre>
 *  KERNEL(n) &lt;-- use -- FREE -- claim(owner) --&gt; USER(owner, n)
 * </pre>
 *
 * <p><b>Thread-safety:</b> every method takes the group's mutex.
 */
public interface DmaOwnership {

    /** Who holds the DMA. */
    enum Holder {
        /** Nobody: no DMA-API driver is bound and no user owns the group. */
        FREE,
        /** Drivers that use the DMA API. */
        KERNEL,
        /** One user. */
        USER
    }

    /**
     * The state at one moment.
     *
     * @param holder who holds the DMA
     * @param count bound drivers for {@link Holder#KERNEL}, claims for {@link Holder#USER}, otherwise 0
     * @param owner the user, or {@code null}
     */
    record State(Holder holder, int count, @Nullable Object owner) {}

    /**
     * Claims the group for a user: attaches the blocking domain.
     *
     * @param owner the user's identity, compared by reference
     * @throws IommuException {@code EPERM} when the group is claimed (even by the same owner) or a DMA-API driver is
     *     bound; {@code EBUSY} when a domain other than the default one is attached or a PASID is in use;
     *     {@code EINVAL} when no blocking domain can be had or a device must keep direct mappings; the driver's errno
     *     when attaching fails. Nothing has changed then.
     */
    void claim(Object owner);

    /**
     * Claims the group through one of its devices (6.2 and later). Claims by the same owner nest.
     *
     * @param device a device of the group
     * @param owner the user's identity, compared by reference
     * @throws IommuException as {@link #claim(Object)}, but a claim by the same owner succeeds; {@code ENODEV} when the
     *     device is not in the group; {@code EOPNOTSUPP} on releases without device claims
     */
    void claim(Device device, Object owner);

    /** Gives a group claim up: back to the default domain. A release without a claim is a warning. */
    void release();

    /**
     * Gives one device claim up; the last one gives the group up.
     *
     * @param device a device of the group
     */
    void release(Device device);

    /**
     * Whether anybody, a kernel driver too, holds the DMA. Advisory.
     *
     * @return {@code true} unless free
     */
    boolean isClaimed();

    /**
     * A driver that uses the DMA API binds.
     *
     * @param device a device of the group
     * @throws IommuException {@code EBUSY} when a user owns the group, or drivers are bound and the default domain is
     *     not attached; {@code EPROBE_DEFER} on 7.2 when there is no default domain
     */
    void useDefaultDomain(Device device);

    /**
     * A driver that used the DMA API goes.
     *
     * @param device a device of the group
     */
    void unuseDefaultDomain(Device device);

    /**
     * The state.
     *
     * @return a snapshot
     */
    State state();
}
