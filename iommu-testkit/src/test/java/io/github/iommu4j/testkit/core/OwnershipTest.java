package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.DmaOwnership.State;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The transition matrix of DMA ownership. */
final class OwnershipTest {

    private static final Object A = "owner A";
    private static final Object B = "owner B";
    private static final State FREE = new State(Holder.FREE, 0, null);

    private static State kernel(int count) {
        return new State(Holder.KERNEL, count, null);
    }

    private static State user(Object owner, int count) {
        return new State(Holder.USER, count, owner);
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R40_freeGoesToTheFirstWhoComes(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        DmaOwnership dma = rig.ownership(1);
        assertThat(dma.state()).isEqualTo(FREE);
        assertThat(dma.isClaimed()).isFalse();
        dma.useDefaultDomain(rig.device(1, 0));
        assertThat(dma.state()).isEqualTo(kernel(1));
        assertThat(dma.isClaimed()).isTrue();
        dma.unuseDefaultDomain(rig.device(1, 0));
        dma.claim(A);
        assertThat(dma.state()).isEqualTo(user(A, 1));
        assertThat(dma.isClaimed()).isTrue();
        assertThat(rig.iommu.attachedType(rig.device(1, 1))).isEqualTo(DomainType.BLOCKED);
        dma.release();
        assertThat(dma.state()).isEqualTo(FREE);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R41_kernelUseNestsAndKeepsUsersOut(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        DmaOwnership dma = rig.ownership(1);
        dma.useDefaultDomain(rig.device(1, 0));
        dma.useDefaultDomain(rig.device(1, 1));
        assertThat(dma.state()).isEqualTo(kernel(2));
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EPERM);
        dma.unuseDefaultDomain(rig.device(1, 0));
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EPERM);
        dma.unuseDefaultDomain(rig.device(1, 1));
        assertThat(dma.state()).isEqualTo(FREE);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R42_aSecondGroupClaimIsRefusedWithEpermAlsoByTheSameOwner(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        DmaOwnership dma = rig.ownership(1);
        dma.claim(A);
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EPERM);
        assertThat(Rig.errno(() -> dma.claim(B))).isEqualTo(Errno.EPERM);
        assertThat(Rig.errno(() -> dma.useDefaultDomain(rig.device(1, 0)))).isEqualTo(Errno.EBUSY);
        assertThat(dma.state()).isEqualTo(user(A, 1));
        dma.release();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R43_aForeignDomainKeepsUsersOutButNotTheFirstDriver(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        DmaOwnership dma = rig.ownership(1);
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EBUSY);
        dma.useDefaultDomain(rig.device(1, 0));
        assertThat(dma.state()).isEqualTo(kernel(1));
        assertThat(Rig.errno(() -> dma.useDefaultDomain(rig.device(1, 1)))).isEqualTo(Errno.EBUSY);
        dma.unuseDefaultDomain(rig.device(1, 0));
        rig.group(1).detach(domain);
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R44_twoIdentityDomainsCountAsOneUpTo64(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).slot(2, 1).boot();
        rig.group(2).writeType("identity", UserCapabilities.ALL);
        IommuDomain foreign = rig.group(2).defaultDomain();
        assertThat(foreign).isNotNull();
        Rig identity = new Rig(
                release, KernelLog.WarnPolicy.THROW, Rig.intel(), builder -> builder.systemType(DomainType.IDENTITY));
        identity.slot(1, 2).boot();
        DmaOwnership dma = identity.ownership(1);
        identity.group(1).attach(Objects.requireNonNull(foreign));
        dma.useDefaultDomain(identity.device(1, 0));
        assertThat(Rig.errno(() -> dma.useDefaultDomain(identity.device(1, 1))))
                .isEqualTo(release.countsIdentityDomainsAsOne() ? null : Errno.EBUSY);
    }

    @Test
    void R45_deviceClaimsOfOneOwnerNestFrom62() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).slot(2, 1).boot();
        DmaOwnership dma = rig.ownership(1);
        dma.claim(rig.device(1, 0), A);
        dma.claim(rig.device(1, 1), A);
        assertThat(dma.state()).isEqualTo(user(A, 2));
        assertThat(Rig.errno(() -> dma.claim(rig.device(1, 0), B))).isEqualTo(Errno.EPERM);
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EPERM);
        assertThat(Rig.errno(() -> dma.claim(rig.device(2, 0), A))).isEqualTo(Errno.ENODEV);
        dma.release(rig.device(1, 0));
        assertThat(dma.state()).isEqualTo(user(A, 1));
        assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.BLOCKED);
        dma.release(rig.device(1, 1));
        assertThat(dma.state()).isEqualTo(FREE);
        dma.useDefaultDomain(rig.device(1, 0));
        assertThat(Rig.errno(() -> dma.claim(rig.device(1, 1), A))).isEqualTo(Errno.EPERM);
        dma.unuseDefaultDomain(rig.device(1, 0));
        rig.close();
    }

    @Test
    void R45_oldKernelsClaimGroupsOnly() {
        Rig rig = Rig.of(KernelRelease.V6_1).slot(1, 1).boot();
        assertThat(Rig.errno(() -> rig.ownership(1).claim(rig.device(1, 0), A))).isEqualTo(Errno.EOPNOTSUPP);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R46_whatNobodyHoldsCannotBeGivenUp(KernelRelease release) {
        Rig rig = Rig.recording(release, Rig.intel()).slot(1, 2).boot();
        DmaOwnership dma = rig.ownership(1);
        rig.log.drain();
        dma.release();
        dma.release(rig.device(1, 0));
        dma.unuseDefaultDomain(rig.device(1, 0));
        assertThat(rig.warnings()).hasSize(3);
        assertThat(dma.state()).isEqualTo(FREE);
        dma.useDefaultDomain(rig.device(1, 0));
        dma.release();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(dma.state()).isEqualTo(kernel(1));
        dma.unuseDefaultDomain(rig.device(1, 0));
        rig.close();
    }

    @Test
    void R46_aReleaseTakesAwayWhatTheUserLeftAttached() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).boot();
        IommuDomain domain = rig.newDomain(1);
        rig.ownership(1).claim(A);
        rig.group(1).attach(domain);
        rig.ownership(1).release();
        assertThat(rig.group(1).domain()).isSameAs(rig.group(1).defaultDomain());
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R47_theBlockingDomainIsMadeOnceAndAnEmptyOneStandsIn(KernelRelease release) {
        Rig rig = Rig.of(release, Rig.intel().without(DomainType.BLOCKED).releasingTo(null))
                .slot(1, 2)
                .boot();
        rig.ownership(1).claim(A);
        assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.UNMANAGED);
        rig.ownership(1).release();
        int domains = rig.core.liveDomains();
        rig.ownership(1).claim(B);
        assertThat(rig.core.liveDomains()).isEqualTo(domains);
        rig.ownership(1).release();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R47_whoCannotBlockCannotBeClaimed(KernelRelease release) {
        MockIommuDriver iommu =
                Rig.intel().without(DomainType.BLOCKED, DomainType.UNMANAGED).releasingTo(null);
        Rig rig = Rig.of(release, iommu).slot(1, 1).boot();
        assertThat(Rig.errno(() -> rig.ownership(1).claim(A))).isEqualTo(release.missingDomainType());
        assertThat(rig.ownership(1).state()).isEqualTo(FREE);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R47_aFailingBlockingAllocationFallsBackAndTheSecondErrnoIsToldFrom62(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        rig.iommu.failures().failCall(0, Errno.EIO);
        rig.ownership(1).claim(A);
        assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.UNMANAGED);
        rig.ownership(1).release();
        rig.close();
        Rig poor = Rig.of(release).slot(1, 1).boot();
        poor.iommu.failures().failCalls(0, 2, Errno.ENOMEM);
        assertThat(Rig.errno(() -> poor.ownership(1).claim(A)))
                .isEqualTo(release.reportsAllocationErrno() ? Errno.ENOMEM : Errno.EINVAL);
        poor.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R48_aDeviceWithADirectRegionCannotBeBlockedFrom66(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel()
                .reserving(device -> List.of(new ReservedRegion(
                        new IovaRange(0x8000, 0x8FFF), Prot.READ_WRITE, ReservedRegion.Type.DIRECT)));
        Rig rig = Rig.of(release, iommu).slot(1, 2).boot();
        if (release.directRegionsForbidBlocking()) {
            assertThat(Rig.errno(() -> rig.ownership(1).claim(A))).isEqualTo(Errno.EINVAL);
            assertThat(rig.ownership(1).state()).isEqualTo(FREE);
            assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.DMA);
        } else {
            rig.ownership(1).claim(A);
            rig.ownership(1).release();
        }
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R48_aFailedClaimLeavesTheDevicesBeforeBlockedUpTo64(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        // The allocation and the first attach succeed.
        rig.iommu.failures().failCall(2, Errno.EIO);
        assertThat(Rig.errno(() -> rig.ownership(1).claim(A))).isEqualTo(Errno.EIO);
        assertThat(rig.ownership(1).state()).isEqualTo(FREE);
        assertThat(rig.group(1).domain()).isSameAs(rig.group(1).defaultDomain());
        assertThat(rig.iommu.attachedType(rig.device(1, 0)))
                .isEqualTo(release.revertsFailedSetDomain() ? DomainType.DMA : DomainType.BLOCKED);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R49_on72AGroupWithoutADefaultDomainDefersItsDrivers(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel().grouping((device, helpers) -> helpers.single(device));
        Rig rig = Rig.of(release, iommu).slot(1, 1).boot();
        DmaOwnership dma = rig.ownership(1);
        DeviceNode device = rig.device(1, 0);
        if (release.lastDeviceTakesDomains()) {
            rig.host.remove(Rig.name(1, 0));
            assertThat(Rig.errno(() -> dma.useDefaultDomain(device)))
                    .isEqualTo(release.useDefersWithoutDefaultDomain() ? Errno.EPROBE_DEFER : null);
            if (!release.useDefersWithoutDefaultDomain()) {
                dma.unuseDefaultDomain(device);
            }
        }
        rig.close();
    }

    @Test
    void R50_harmlessDriversAreNotCountedAndNativeOnesAre() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).boot();
        rig.bind(1, 0, "stub");
        assertThat(rig.ownership(1).state()).isEqualTo(FREE);
        rig.ownership(1).claim(A);
        assertThat(Rig.errno(() -> rig.bind(1, 1, "net"))).isEqualTo(Errno.EBUSY);
        assertThat(Rig.errno(() -> rig.bind(1, 1, "stub"))).isNull();
        rig.ownership(1).release();
        rig.unbind(1, 1, "stub");
        rig.bind(1, 1, "net");
        assertThat(rig.ownership(1).state()).isEqualTo(kernel(1));
        rig.unbind(1, 1, "net");
        assertThat(rig.ownership(1).state()).isEqualTo(FREE);
        rig.close();
    }

    @Test
    void R50_aDriverWhoseProbeFailsGivesItsUseBack() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        assertThat(Rig.errno(() -> rig.bind(1, 0, "picky"))).isEqualTo(Errno.EIO);
        assertThat(rig.ownership(1).state()).isEqualTo(FREE);
        rig.close();
    }

    @Test
    void anEmptyGroupCannotBeClaimed() {
        MockIommuDriver iommu = Rig.intel().grouping((device, helpers) -> helpers.single(device));
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1).boot();
        DmaOwnership dma = rig.ownership(1);
        rig.host.remove(Rig.name(1, 0));
        assertThat(Rig.errno(() -> dma.claim(A))).isEqualTo(Errno.EINVAL);
        rig.close();
    }
}
