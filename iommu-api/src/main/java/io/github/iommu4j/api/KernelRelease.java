package io.github.iommu4j.api;

/**
 * The kernel whose behaviour a core follows. Each difference is a named rule; code asks the rule, never the version.
 *
 * <p>The rules and their evidence are listed in {@code docs/fidelity.md}.
 */
public enum KernelRelease {
    /** Linux 6.1 (with the stable back-ports of 6.1.192). */
    V6_1,
    /** Linux 6.12: the default. */
    V6_12,
    /** Linux 7.2. */
    V7_2;

    /**
     * Whether a write to {@code type} needs a group of exactly one device ({@code EINVAL} otherwise). Up to 6.3.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean typeChangeNeedsSingleDevice() {
        return this == V6_1;
    }

    /**
     * The errno of a {@code type} write while a driver stands in the way: any bound driver up to 6.3, DMA ownership
     * from 6.4.
     *
     * @return {@link Errno#EBUSY} or {@link Errno#EPERM}
     */
    public Errno typeChangeRefusal() {
        return this == V6_1 ? Errno.EBUSY : Errno.EPERM;
    }

    /**
     * The errno of SET_CONTAINER with a file that is no container.
     *
     * @return {@link Errno#EINVAL} up to 6.1, {@link Errno#EBADFD} later
     */
    public Errno foreignContainerFile() {
        return this == V6_1 ? Errno.EINVAL : Errno.EBADFD;
    }

    /**
     * Whether VFIO_CHECK_EXTENSION answers 1 for type-1 nesting.
     *
     * @return {@code true} before {@link #V7_2}
     */
    public boolean offersType1Nesting() {
        return this != V7_2;
    }

    /**
     * The errno of a MAP_DMA or UNMAP_DMA whose range wraps.
     *
     * @return {@link Errno#EINVAL} before {@link #V7_2}, {@link Errno#EOVERFLOW} there
     */
    public Errno wrappingRange() {
        return this == V7_2 ? Errno.EOVERFLOW : Errno.EINVAL;
    }

    /**
     * Whether a new device file can be had while an unbind waits for the last one to close.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean opensDeviceDuringUnbind() {
        return this == V6_1;
    }

    /**
     * Whether a device that joins an owned group is attached by a path that logs a failed attach ({@code -16}).
     *
     * @return {@code true} before {@link #V7_2}
     */
    public boolean logsFailedAttachOnHotAdd() {
        return this != V7_2;
    }

    /**
     * Whether a failed probe is reported as an error of the device (6.2 and later) or as a warning of the driver.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean reportsFailedProbeByDevice() {
        return this != V6_1;
    }

    /**
     * Whether a read-only mapping of memory that was never touched counts as locked.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean countsUntouchedReadOnlyMemory() {
        return this != V6_1;
    }

    /**
     * Whether every open device file counts as a reference of vfio-pci (up to 6.1) or every open device (6.2 and later).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean countsEveryDeviceFile() {
        return this == V6_1;
    }

    /**
     * Whether opening a device takes the device set's lock before the group's (up to 6.1) or after it.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean locksDeviceSetBeforeGroup() {
        return this == V6_1;
    }

    /**
     * Bytes of the fixed part of VFIO_IOMMU_GET_INFO's answer.
     *
     * @return 20 for {@link #V6_1}, 24 later
     */
    public int iommuInfoSize() {
        return this == V6_1 ? 20 : 24;
    }

    /**
     * Whether VFIO answers {@code EIO} for whatever kept the IOMMU driver from making a domain (up to 6.10) or hands
     * the driver's errno on.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean hidesDomainFailure() {
        return this == V6_1;
    }

    /**
     * Whether type1 computes the end of a mapping exclusively, so that one which ends with the address space is never
     * found again, and never unpinned.
     *
     * @return {@code true} before {@link #V7_2}
     */
    public boolean losesMappingsThatEndTheAddressSpace() {
        return this != V7_2;
    }

    /**
     * Whether hot removal is logged.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean logsHotRemoval() {
        return this == V6_1;
    }

    /**
     * Whether attaching the domain that is already attached attaches every device again (up to 6.4) or does nothing.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean reattachesCurrentDomain() {
        return this == V6_1;
    }

    /**
     * Whether a device with a {@link ReservedRegion.Type#DIRECT} region refuses to be blocked. From 6.6.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean directRegionsForbidBlocking() {
        return this != V6_1;
    }

    /**
     * Whether a device may be claimed on its own, with nesting claims by one owner. From 6.2.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean claimsDevices() {
        return this != V6_1;
    }

    /**
     * Whether a device without an IOMMU driver's default domain defers its driver's probe at use time.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean useDefersWithoutDefaultDomain() {
        return this == V7_2;
    }

    /**
     * Whether every IOMMU instance may bring its own driver (6.8 and later), or one driver serves all buses.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean allowsSeveralIommuDrivers() {
        return this != V6_1;
    }

    /**
     * Whether removing a device attaches the driver's release domain first (6.9 and later).
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean attachesReleaseDomain() {
        return this != V6_1;
    }

    /**
     * Whether PASIDs can be attached to domains. From 6.2.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean hasPasidAttach() {
        return this != V6_1;
    }

    /**
     * Whether the test for a domain that cannot map comes before the test of its type.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean testsMapOpsBeforeType() {
        return this == V6_1;
    }

    /**
     * Whether one function sets default domains up (6.5 and later): devices' conflicting demands are errors, direct
     * mappings come before the attach, and a failure restores what was. Up to 6.4 there are three ways, for a walk of
     * the bus, a device that is added later and a {@code type} write, none of which undoes much.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean setsDefaultDomainsUpInOnePlace() {
        return this != V6_1;
    }

    /**
     * Whether setting a group's domain reverts the devices already moved when one refuses, and may be told to succeed
     * (6.5 and later). Up to 6.4 the first refusal ends it there; only a caller's attach puts every device back.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean revertsFailedSetDomain() {
        return this != V6_1;
    }

    /**
     * Whether two identity domains count as the same when a driver wants the default domain (up to 6.4).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean countsIdentityDomainsAsOne() {
        return this == V6_1;
    }

    /**
     * Whether the errno of a failed domain allocation reaches the caller (6.2 and later) or the domain is just missing.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean reportsAllocationErrno() {
        return this != V6_1;
    }

    /**
     * The errno of an operation whose driver has no domain of the type needed.
     *
     * @return {@link Errno#EINVAL} for {@link #V6_1}, else {@link Errno#EOPNOTSUPP}
     */
    public Errno missingDomainType() {
        return this == V6_1 ? Errno.EINVAL : Errno.EOPNOTSUPP;
    }

    /**
     * Whether the last device that leaves takes the group's own domains with it, and warns when the group is in use
     * (6.6 and later). Before, the domains go with the last reference.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean lastDeviceTakesDomains() {
        return this != V6_1;
    }

    /**
     * Whether the release domain gives way to an identity domain for a device that must keep direct mappings.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean keepsDirectMappingsOnRelease() {
        return this == V7_2;
    }

    /**
     * Whether telling hardware of new mappings may fail, which takes them away again (6.7 and later).
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean syncOfMappingMayFail() {
        return this != V6_1;
    }

    /**
     * The errno of mapping in a paging domain without page sizes.
     *
     * @return {@link Errno#ENODEV} before {@link #V7_2}, {@link Errno#EINVAL} there
     */
    public Errno noPageSizes() {
        return this == V7_2 ? Errno.EINVAL : Errno.ENODEV;
    }

    /**
     * Whether an unmap of which the driver gathered nothing is gathered by the core.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean gathersForDrivers() {
        return this == V7_2;
    }

    /**
     * Whether a domain of the DMA API refuses a fault handler, with a warning.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean keepsFaultHandlersFromDmaApi() {
        return this == V7_2;
    }

    /**
     * Whether a PASID attach looks for the group's devices before it looks at what the domain can.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean looksForDevicesBeforePasidSupport() {
        return this == V7_2;
    }

    /**
     * Whether probing asks firmware about a device itself, so that a probe from a driver's bind is late and a warning
     * (6.15 and later).
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean asksFirmwareWhenProbing() {
        return this == V7_2;
    }

    /**
     * Whether a description of a device's IOMMU can be begun only once that IOMMU is registered.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean describesOnlyRegisteredIommus() {
        return this == V7_2;
    }

    /**
     * Whether unmapping a part of a larger leaf splits it (up to 6.12); later the call is refused.
     *
     * @return {@code true} before {@link #V7_2}
     */
    public boolean splitsLeaves() {
        return this != V7_2;
    }

    /**
     * Whether MediaTek's M4U has an identity domain, which takes its devices' ports past it (6.7 and later).
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean m4uHasIdentityDomain() {
        return this != V6_1;
    }

    /**
     * Whether arm-smmu-v3 takes a device off its domain before it looks at the next one, so that a refused attach leaves the
     * device with none (up to 6.8); later a refusal changes nothing, and a domain is replaced without a gap.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3DetachesBeforeAttach() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 makes a domain's table when it is first attached, and not when the domain is made (6.8 and later).
     * Nothing can be mapped before.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3FinalisesDomainsAtAttach() {
        return this == V6_1;
    }

    /**
     * The errno of attaching a domain of one SMMU to a device of another.
     *
     * @return {@link Errno#ENXIO} for {@link #V6_1}, else {@link Errno#EINVAL}
     */
    public Errno smmuv3ForeignDomain() {
        return this == V6_1 ? Errno.ENXIO : Errno.EINVAL;
    }

    /**
     * Whether arm-smmu-v3 has domains of type blocked (6.9 and later); before, the core takes an empty one instead.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean smmuv3HasBlockedDomain() {
        return this != V6_1;
    }

    /**
     * Whether the parameter {@code disable_bypass} of arm-smmu-v3 still is there (up to 6.9).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3MayLetDetachedDevicesPass() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 also reports faults that nobody can mend to the device's handler (5.13 to 6.10), or page requests
     * only.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3ReportsUnrecoverableFaults() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 says in words what an event is (6.15 and later), or its four words only.
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean smmuv3DescribesEvents() {
        return this == V7_2;
    }

    /**
     * Whether intel-iommu itself refuses a user's domain to a device whose memory firmware reserves (up to 6.5); later
     * the core refuses to block such a device.
     *
     * @return {@code true} for 6.1
     */
    public boolean vtdRefusesUsersOfReservedMemory() {
        return this == V6_1;
    }

    /**
     * Whether intel-iommu forbids execution in first-stage entries.
     *
     * @return {@code true} for 6.1
     */
    public boolean vtdForbidsExecution() {
        return this == V6_1;
    }

    /**
     * Whether a device's faults go to a handler that is registered for the device (5.3 to 6.8) or, page requests only, to the
     * handler of the domain that is attached (6.9 and later).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean hasDeviceFaultHandlers() {
        return this == V6_1;
    }

    /**
     * Whether the driver that reported a page request answers it when nobody has taken it (5.3 to 6.8), or the core has done so
     * already (6.9 and later).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean reporterAnswersFaultsNobodyTook() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 rewrites stream table entries and context descriptors by what the SMMU uses of them, without a
     * moment in which a device finds neither the old nor the new one (6.9 and later). Before, words are written in a fixed
     * order, and an entry that translates becomes another only by way of one that does not.
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean smmuv3WritesEntriesByUse() {
        return this != V6_1;
    }

    /**
     * Whether arm-smmu-v3 changes EATS and MEV of a stream table entry without regard to the order (from 6.19 on).
     *
     * @return {@code true} for {@link #V7_2}
     */
    public boolean smmuv3ReordersSafeBits() {
        return this == V7_2;
    }

    /**
     * Whether arm-smmu-v3's stream table entries say what becomes of shareability where that means nothing: in entries that
     * abort, and whether or not the unit can override it (up to 6.8).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3SetsShareabilityAlways() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 sends a prefetch only for entries that translate (up to 6.8), or for every one that is written.
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3PrefetchesTranslationsOnly() {
        return this == V6_1;
    }

    /**
     * Whether arm-smmu-v3 lets stage-2 faults stall (6.12 and later).
     *
     * @return {@code false} for {@link #V6_1}
     */
    public boolean smmuv3StallsAtStage2() {
        return this != V6_1;
    }

    /**
     * Whether arm-smmu-v3 shares the ASIDs of processes with processors, so that their broadcast invalidations reach the
     * SMMU (up to 6.9).
     *
     * @return {@code true} for {@link #V6_1}
     */
    public boolean smmuv3SharesAsids() {
        return this == V6_1;
    }
}
