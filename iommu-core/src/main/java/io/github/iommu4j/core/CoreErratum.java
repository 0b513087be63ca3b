package io.github.iommu4j.core;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the IOMMU core and of VFIO, one constant each. Off unless switched on. */
public enum CoreErratum implements Erratum {
    /** Removing a device leaves the group's domain attached to it. */
    REMOVE_DEVICE_KEEPS_DOMAIN("Linux up to 6.8: a device leaves its group without being detached from the group's"
            + " domain, so that drivers without a notifier of their own keep a stale entry. Seen in 2015 on s390: a"
            + " vfio-pci device removed after SET_IOMMU. Mended by core-owned deinitialisation (6.6) and the release"
            + " domain (6.9)."),
    /** VFIO holds a group's device lock while it opens a device. */
    VFIO_HOLDS_DEVICE_LOCK_ACROSS_OPEN("2015: GET_DEVICE_FD called the driver's open with group->device_lock held;"
            + " open took driver_lock, release walked the bus under driver_lock and looked devices up, which takes"
            + " device_lock: a cycle. Mended by looking up first and opening with only a reference."),
    /** A remembered group is returned without taking a reference. */
    CACHED_GROUP_WITHOUT_REFERENCE("2016: the SMMUv2 driver returned the group it remembered for a stream without"
            + " taking a reference, so that the caller's put destroyed a group that still had members. Mended by"
            + " iommu_group_ref_get on that path."),
    /** The default domain is used before firmware has said which IOMMU a device has. */
    USE_BEFORE_DMA_CONFIGURE("2022, version 7 of the ownership series: use came before the firmware's configuration."
            + " A device whose group the configuration creates was never counted, and unbinding warned. Mended by"
            + " configuring first."),
    /** A claim leaves the group without any domain. */
    CLAIM_LEAVES_NO_DOMAIN("2022, version 7 of the ownership series: a claim set the owner and detached the default"
            + " domain, leaving none; DMA then met whatever the platform does without one. Mended by attaching a"
            + " blocking domain, and setting the owner only after that succeeded."),
    /** Probing takes every device's lock, also that of the IOMMU that is being probed. */
    SELF_PROBE_UNDER_DEVICE_LOCK("2023 proposal: the probe of a device asserts its device_lock. An IOMMU registers from"
            + " its own probe, with its own device_lock held; the walk of the bus reaches that device and deadlocks."
            + " The proposal was mended by remembering the hardware's device; mainline took one global mutex."),
    /** The replay from a driver's bind takes the device lock that bind already holds. */
    REPLAY_UNDER_DEVICE_LOCK("2023 proposal: a probe replayed from dma_configure runs with device_lock held and takes"
            + " it again. The proposal was mended by a variant for callers that hold it; mainline took one global"
            + " mutex."),
    /** Nothing keeps two probes of one device apart. */
    PROBE_WITHOUT_LOCK(
            "2022, up to 6.1: a device was probed with no lock at all, from a registering IOMMU's walk of the"
                    + " bus, from another's, and from the replay in a driver's bind. Two could pass the test for a group at once:"
                    + " the driver probed the device twice, and what the first had allocated was lost or freed under the second."
                    + " Mended in 6.2 by one global mutex around the probe, and in 6.7 around firmware's configuration, too."),
    /** The producer of VFIO's fault ring takes the consumer's index for what the user says it is. */
    FAULT_RING_TRUSTS_CONSUMER(
            "2019 proposal of VFIO's fault region: the free entries of the ring were computed from the consumer's index as"
                    + " user space wrote it, without asking whether it is one of the ring's. With an index beyond the ring the"
                    + " count means nothing, the ring never looks full and entries nobody has read are overwritten. The"
                    + " series was never merged; here an index that is none counts as a full ring."),
    /** Rolling an attach back forgets the old domain first. */
    ROLLBACK_FORGETS_OLD_DOMAIN("6.1.y to 6.4: when attaching a group fails, the roll-back clears group->domain before"
            + " it asks for the old domain. Without an old domain it goes on through the cleared pointer and the kernel"
            + " crashes. Mended in 6.5 by one function that reverts devices to the domain the group still names.");

    private final String story;

    CoreErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
