package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Attach, detach, replace. */
final class AttachTest {

    private static List<DomainType> attachedTypes(Rig rig) {
        List<DomainType> types = new ArrayList<>();
        rig.group(1).devices().forEach(device -> types.add(rig.iommu.attachedType(device)));
        return types;
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R30_attachReplacesTheDefaultAndTheBlockingDomainButNoOther(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        IommuGroup group = rig.group(1);
        IommuDomain one = rig.newDomain(1);
        IommuDomain two = rig.newDomain(1);
        group.attach(one);
        assertThat(Rig.errno(() -> group.attach(two))).isEqualTo(Errno.EBUSY);
        assertThat(Rig.errno(() -> group.attach(one))).isEqualTo(Errno.EBUSY);
        assertThat(group.domain()).isSameAs(one);
        group.detach(two);
        assertThat(group.domain()).isSameAs(group.defaultDomain());
        group.dmaOwnership().claim(this);
        group.attach(two);
        assertThat(attachedTypes(rig)).containsExactly(DomainType.UNMANAGED, DomainType.UNMANAGED);
        group.detach(two);
        assertThat(attachedTypes(rig)).containsExactly(DomainType.BLOCKED, DomainType.BLOCKED);
        group.dmaOwnership().release();
        one.free();
        two.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R31_attachingTheCurrentDomainAttachesEveryDeviceAgainUpTo64(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 3).boot();
        IommuGroup group = rig.group(1);
        IommuDomain current = Objects.requireNonNull(group.domain());
        int calls = rig.iommu.failures().calls();
        group.attach(current);
        assertThat(rig.iommu.failures().calls() - calls).isEqualTo(release.reattachesCurrentDomain() ? 3 : 0);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R32_anotherDriversDomainDoesNotFitAfterTheEbusyTest(KernelRelease release) {
        MockIommuDriver foreign = new MockIommuDriver("amd0", MockHost.amd());
        Rig other = Rig.of(release, foreign).slot(1, 1).boot();
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuDomain domain = other.newDomain(1);
        IommuDomain own = rig.newDomain(1);
        if (release.allowsSeveralIommuDrivers()) {
            assertThat(Rig.errno(() -> rig.group(1).attach(domain))).isEqualTo(Errno.EINVAL);
            assertThat(Rig.errno(() -> rig.group(1).replace(domain))).isEqualTo(Errno.EINVAL);
        }
        rig.group(1).attach(own);
        assertThat(Rig.errno(() -> rig.group(1).attach(domain))).isEqualTo(Errno.EBUSY);
        rig.group(1).detach(own);
        own.free();
        domain.free();
        rig.close();
        other.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R33_aRefusedAttachPutsEveryDeviceBackAlsoTheOneThatRefused(KernelRelease release) {
        for (int failing = 0; failing < 3; failing++) {
            Rig rig = Rig.of(release).slot(1, 3).boot();
            IommuDomain domain = rig.newDomain(1);
            IommuGroup group = rig.group(1);
            rig.iommu.failures().failCall(failing, Errno.EINVAL);
            int calls = rig.iommu.failures().calls();
            assertThat(Rig.errno(() -> group.attach(domain))).isEqualTo(Errno.EINVAL);
            int back = release.revertsFailedSetDomain() ? failing + 1 : 3;
            assertThat(rig.iommu.failures().calls() - calls).isEqualTo(failing + 1 + back);
            assertThat(attachedTypes(rig)).containsOnly(DomainType.DMA).hasSize(3);
            assertThat(group.domain()).isSameAs(group.defaultDomain());
            group.attach(domain);
            group.detach(domain);
            domain.free();
            rig.close();
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R33_aDeviceThatCannotGoBackIsAWarningAndIsBlockedWhereThatIsPossible(KernelRelease release) {
        Rig rig = Rig.recording(release, Rig.intel()).slot(1, 2).boot();
        IommuGroup group = rig.group(1);
        group.dmaOwnership().claim(this);
        group.dmaOwnership().release();
        IommuDomain domain = rig.newDomain(1);
        rig.log.drain();
        // The second device refuses the domain, and the first refuses to go back.
        rig.iommu.failures().failCalls(1, 2, Errno.EIO);
        assertThat(Rig.errno(() -> group.attach(domain))).isEqualTo(Errno.EIO);
        assertThat(rig.warnings()).hasSize(1);
        assertThat(group.domain()).isSameAs(group.defaultDomain());
        if (release.revertsFailedSetDomain()) {
            assertThat(attachedTypes(rig)).containsExactly(DomainType.BLOCKED, DomainType.DMA);
        }
        domain.free();
        rig.close();
    }

    @Test
    void R34_whatMustSucceedMovesTheBooksAlthoughADeviceRefused() {
        Rig rig = Rig.recording(KernelRelease.V6_12, Rig.intel()).slot(1, 3).boot();
        IommuGroup group = rig.group(1);
        group.dmaOwnership().claim(this);
        rig.log.drain();
        rig.iommu.failures().failCall(1, Errno.EIO);
        group.dmaOwnership().release();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(group.domain()).isSameAs(group.defaultDomain());
        assertThat(attachedTypes(rig)).containsExactly(DomainType.DMA, DomainType.BLOCKED, DomainType.DMA);
        rig.close();
    }

    @Test
    void R34_aDeviceThatCannotEvenBeBlockedIsLogged() {
        Rig rig = Rig.recording(KernelRelease.V6_12, Rig.intel()).slot(1, 1).boot();
        rig.ownership(1).claim(this);
        rig.iommu.failures().failEveryCallFrom(0, Errno.EIO);
        rig.ownership(1).release();
        rig.iommu.failures().failNothing();
        assertThat(rig.log.drain()).anyMatch(line -> line.text().contains("could not even be blocked"));
        rig.close();
    }

    @Test
    void R34_upTo64TheFirstRefusalEndsItAndTheBooksStay() {
        Rig rig = Rig.recording(KernelRelease.V6_1, Rig.intel()).slot(1, 3).boot();
        IommuGroup group = rig.group(1);
        IommuDomain domain = rig.newDomain(1);
        group.attach(domain);
        rig.log.drain();
        rig.iommu.failures().failCall(1, Errno.EIO);
        group.detach(domain);
        assertThat(rig.warnings()).hasSize(1);
        assertThat(group.domain()).isSameAs(domain);
        assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.DMA);
        assertThat(rig.iommu.attachedType(rig.device(1, 1))).isNull();
        assertThat(rig.iommu.attachedType(rig.device(1, 2))).isEqualTo(DomainType.UNMANAGED);
        group.detach(domain);
        domain.free();
        rig.close();
    }

    @Test
    void R35_replaceGoesFromOneUserDomainToAnother() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).boot();
        IommuGroup group = rig.group(1);
        IommuDomain one = rig.newDomain(1);
        IommuDomain two = rig.newDomain(1);
        group.attach(one);
        group.replace(two);
        assertThat(group.domain()).isSameAs(two);
        rig.iommu.failures().failCall(1, Errno.EIO);
        assertThat(Rig.errno(() -> group.replace(one))).isEqualTo(Errno.EIO);
        assertThat(group.domain()).isSameAs(two);
        assertThat(attachedTypes(rig)).containsOnly(DomainType.UNMANAGED);
        group.detach(two);
        one.free();
        two.free();
        rig.close();
    }

    @Test
    void R36_aDeviceAttachesAloneOnlyWhereItIsAlone() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).slot(2, 1).boot();
        IommuDomain domain = rig.newDomain(2);
        assertThat(Rig.errno(() -> rig.core.attach(domain, rig.device(1, 0)))).isEqualTo(Errno.EINVAL);
        rig.core.attach(domain, rig.device(2, 0));
        assertThat(rig.group(2).domain()).isSameAs(domain);
        rig.core.detach(domain, rig.device(2, 0));
        assertThat(rig.group(2).domain()).isSameAs(rig.group(2).defaultDomain());
        assertThatThrownBy(() -> rig.core.detach(domain, rig.device(2, 0)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("is not attached");
        domain.free();
        rig.close();
    }

    @Test
    void R36_aDeviceWithoutAGroupCannotAttachAndNeedNotDetach() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        IommuDomain domain = rig.newDomain(1);
        Device gone = rig.device(1, 0);
        rig.host.remove(gone.name());
        assertThat(Rig.errno(() -> rig.core.attach(domain, gone))).isEqualTo(Errno.ENODEV);
        rig.core.detach(domain, gone);
        domain.free();
        rig.close();
    }

    @Test
    void R36_detachingByDeviceFromASharedGroupIsAWarningAndNothingElse() {
        Rig rig = Rig.recording(KernelRelease.V6_12, Rig.intel()).slot(1, 2).boot();
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        rig.log.drain();
        rig.core.detach(domain, rig.device(1, 0));
        assertThat(rig.warnings()).hasSize(1);
        assertThat(rig.group(1).domain()).isSameAs(domain);
        rig.group(1).detach(domain);
        domain.free();
        rig.close();
    }

    @Test
    void R37_aDeferredAttachWaitsForTheFirstDmaOrAnotherDomain() {
        MockIommuDriver iommu = Rig.intel();
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 2);
        rig.host.rescan();
        iommu.deferring(Set.of(rig.device(1, 0), rig.device(1, 1)));
        rig.core.register(iommu);
        assertThat(attachedTypes(rig)).containsExactly(null, null);
        assertThat(rig.group(1).domain()).isSameAs(rig.group(1).defaultDomain());
        rig.iommu.failures().failCall(0, Errno.EIO);
        assertThat(Rig.errno(() -> rig.core.attachDeferred(rig.device(1, 0)))).isEqualTo(Errno.EIO);
        rig.core.attachDeferred(rig.device(1, 0));
        assertThat(attachedTypes(rig)).containsExactly(DomainType.DMA, null);
        int calls = iommu.failures().calls();
        rig.core.attachDeferred(rig.device(1, 0));
        assertThat(iommu.failures().calls()).isEqualTo(calls);
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        rig.group(1).detach(domain);
        assertThat(attachedTypes(rig)).containsExactly(DomainType.DMA, DomainType.DMA);
        domain.free();
        rig.close();
    }

    @Test
    void R37_aDeviceThatIsStillDeferredIsReleasedWithoutBeingParked() {
        MockIommuDriver iommu = Rig.intel();
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1);
        rig.host.rescan();
        iommu.deferring(Set.of(rig.device(1, 0)));
        rig.core.register(iommu);
        int calls = iommu.failures().calls();
        rig.host.remove(Rig.name(1, 0));
        assertThat(iommu.failures().calls()).isEqualTo(calls);
        rig.close();
    }

    @Test
    void R38_freeingAnAttachedDomainOrFreeingTwiceIsAWarning() {
        Rig rig = Rig.recording(KernelRelease.V6_12, Rig.intel()).slot(1, 1).boot();
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        rig.log.drain();
        domain.free();
        assertThat(rig.warnings()).hasSize(1);
        rig.group(1).detach(domain);
        domain.free();
        assertThat(rig.warnings()).hasSize(1);
        rig.close();
    }
}
