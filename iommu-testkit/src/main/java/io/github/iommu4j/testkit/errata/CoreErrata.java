package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockHost;
import java.util.List;
import java.util.Set;

/** The cases of the core's own errata. */
public final class CoreErrata {

    private static final String LOCKS = "the locks, which notice a task that takes one twice";

    private CoreErrata() {}

    /**
     * The cases.
     *
     * @return one for each erratum that lies in the core itself
     */
    public static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        CoreErratum.REMOVE_DEVICE_KEEPS_DOMAIN,
                        "A device leaves a group on which a user has attached a domain.",
                        "the hardware's table of attached devices",
                        "left its group attached",
                        CoreErrata::removeAttachedDevice),
                new ErratumCase(
                        CoreErratum.CACHED_GROUP_WITHOUT_REFERENCE,
                        "Two devices share a remembered group; one leaves.",
                        "the list of groups",
                        "was freed while it had members",
                        CoreErrata::removeOneOfTwo),
                new ErratumCase(
                        CoreErratum.USE_BEFORE_DMA_CONFIGURE,
                        "A driver binds to a device whose group comes only with that, and unbinds.",
                        "the core's warnings",
                        "which no driver uses",
                        CoreErrata::bindAndUnbind),
                new ErratumCase(
                        CoreErratum.CLAIM_LEAVES_NO_DOMAIN,
                        "A user claims a group.",
                        "an owned group has a domain",
                        "is owned and has no domain",
                        CoreErrata::claim),
                new ErratumCase(
                        CoreErratum.SELF_PROBE_UNDER_DEVICE_LOCK,
                        "An IOMMU registers from its own driver's probe.",
                        LOCKS,
                        "deadlock: the task takes &dev->mutex",
                        CoreErrata::registerFromProbe),
                new ErratumCase(
                        CoreErratum.REPLAY_UNDER_DEVICE_LOCK,
                        "A driver binds to a device whose group comes only with that.",
                        LOCKS,
                        "deadlock: the task takes &dev->mutex",
                        CoreErrata::bindUnderLock),
                new ErratumCase(
                        CoreErratum.ROLLBACK_FORGETS_OLD_DOMAIN,
                        "The first domain of a group without a default one is refused by the second device.",
                        "the core's warnings",
                        "dereferences a cleared domain pointer",
                        CoreErrata::refuseFirstDomain),
                new ErratumCase(
                        CoreErratum.VFIO_HOLDS_DEVICE_LOCK_ACROSS_OPEN,
                        "A user opens two devices of a group and closes them.",
                        "the lock validator",
                        "CIRCULAR",
                        VfioErrata::openTwoDevices),
                new ErratumCase(
                        CoreErratum.FAULT_RING_TRUSTS_CONSUMER,
                        "A user writes an index beyond the fault ring, and a device faults until the ring is full.",
                        "what the user reads against what the kernel recorded",
                        "was recorded and is overwritten before it is read",
                        VfioErrata::writeIndexBeyondRing),
                new ErratumCase(
                        CoreErratum.PROBE_WITHOUT_LOCK,
                        "Two IOMMUs register while a driver's bind replays the probe of one device.",
                        "every interleaving of the three",
                        "is probed twice",
                        ProbeRaces::registerAndReplay));
    }

    private static List<String> removeAttachedDevice(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.intel(48), errata);
        machine.core.register(machine.iommu);
        DeviceNode leaving = machine.add("a");
        machine.add("b");
        IommuGroup group = machine.group(leaving);
        IommuDomain domain = machine.core.newPagingDomain(leaving);
        group.dmaOwnership().claim("user");
        group.attach(domain);
        machine.bus.remove(leaving);
        DomainType left = machine.iommu.attachedType(leaving);
        return left == null ? List.of() : List.of(leaving + " left its group attached to " + left);
    }

    private static List<String> removeOneOfTwo(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.intel(48), errata);
        machine.core.register(machine.iommu);
        DeviceNode leaving = machine.add("a");
        DeviceNode staying = machine.add("b");
        IommuGroup group = machine.group(staying);
        machine.bus.remove(leaving);
        return machine.core.groups().contains(group)
                ? List.of()
                : List.of(group + " was freed while it had members " + group.devices());
    }

    private static ErratumMachine described(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.arm(), errata);
        machine.core.register(machine.iommu);
        machine.add("nic");
        return machine;
    }

    private static List<String> bindAndUnbind(Set<Erratum> errata) {
        ErratumMachine machine = described(errata);
        machine.bus.register(ErratumMachine.driver("net", "nic", () -> {}));
        machine.bus.unbind("nic", "net");
        return machine.warnings();
    }

    private static List<String> claim(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.intel(48), errata);
        machine.core.register(machine.iommu);
        IommuGroup group = machine.group(machine.add("a"));
        group.dmaOwnership().claim("user");
        boolean owned = group.dmaOwnership().state().holder() == Holder.USER;
        return owned && group.domain() == null ? List.of(group + " is owned and has no domain") : List.of();
    }

    private static List<String> registerFromProbe(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.arm(), errata);
        machine.add("smmu");
        return ErratumMachine.lockReports(() -> machine.bus.register(
                ErratumMachine.driver("arm-smmu-v3", "smmu", () -> machine.core.register(machine.iommu))));
    }

    private static List<String> bindUnderLock(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_12, MockHost.arm(), errata);
        machine.core.register(machine.iommu);
        machine.add("nic");
        return ErratumMachine.lockReports(() -> machine.bus.register(ErratumMachine.driver("net", "nic", () -> {})));
    }

    private static List<String> refuseFirstDomain(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_1, MockHost.intel(48), errata);
        machine.iommu.without(DomainType.DMA);
        machine.core.register(machine.iommu);
        DeviceNode first = machine.add("a");
        machine.add("b");
        IommuDomain domain = machine.core.newPagingDomain(first);
        machine.iommu.failures().failCall(1, Errno.EIO);
        try {
            machine.group(first).attach(domain);
        } catch (IommuException refusal) {
            machine.log.print(KernelLog.Level.INFO, "refused: " + refusal.getMessage());
        }
        domain.free();
        return machine.warnings();
    }
}
