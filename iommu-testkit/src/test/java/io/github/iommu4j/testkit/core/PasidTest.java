package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Domains on PASIDs. */
final class PasidTest {

    private static Rig rig(KernelRelease release) {
        return Rig.recording(release, Rig.intel().withPasids(16)).slot(1, 3).boot();
    }

    @Test
    void R80_aPasidTakesOneDomainOfTheRightDriverWithinRange() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuGroup group = rig.group(1);
        IommuDomain domain = rig.newDomain(1);
        for (int pasid : new int[] {0, -1, 16, Integer.MAX_VALUE}) {
            assertThat(Rig.errno(() -> group.attachPasid(domain, pasid))).isEqualTo(Errno.EINVAL);
        }
        group.attachPasid(domain, 15);
        assertThat(group.domainOfPasid(15)).isSameAs(domain);
        assertThat(Rig.errno(() -> group.attachPasid(domain, 15))).isEqualTo(Errno.EBUSY);
        for (int function = 0; function < 3; function++) {
            assertThat(rig.iommu.attachedType(rig.device(1, function), 15)).isEqualTo(DomainType.UNMANAGED);
        }
        group.detachPasid(domain, 15);
        assertThat(group.domainOfPasid(15)).isNull();
        assertThat(rig.iommu.attachedType(rig.device(1, 2), 15)).isNull();
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R81_whatCannotDoPasidsSaysSo(KernelRelease release) {
        Rig rig = rig(release);
        IommuDomain domain = rig.newDomain(1);
        IommuGroup group = rig.group(1);
        assertThat(Rig.errno(() -> group.attachPasid(domain, 1)))
                .isEqualTo(release.hasPasidAttach() ? null : Errno.EOPNOTSUPP);
        if (release.hasPasidAttach()) {
            group.detachPasid(domain, 1);
        }
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = KernelRelease.class,
            names = {"V6_12", "V7_2"})
    void R81_on72TheLackOfDevicesIsToldBeforeTheLackOfSupport(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel().withPasids(16).grouping((device, helpers) -> helpers.single(device));
        Rig rig = Rig.recording(release, iommu).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        group.dmaOwnership().claim(this);
        IommuDomain blocking = Objects.requireNonNull(group.domain());
        group.dmaOwnership().release();
        IommuDomain able = rig.newDomain(1);
        assertThat(Rig.errno(() -> group.attachPasid(blocking, 1))).isEqualTo(Errno.EOPNOTSUPP);
        rig.host.remove(Rig.name(1, 0));
        assertThat(Rig.errno(() -> group.attachPasid(able, 1))).isEqualTo(Errno.ENODEV);
        assertThat(Rig.errno(() -> group.attachPasid(blocking, 1)))
                .isEqualTo(release.looksForDevicesBeforePasidSupport() ? Errno.ENODEV : Errno.EOPNOTSUPP);
        able.free();
        rig.close();
    }

    @Test
    void R81_anotherDriversDomainDoesNotFit() {
        Rig rig = rig(KernelRelease.V6_12);
        Rig other = Rig.of(KernelRelease.V6_12, new MockIommuDriver("amd0", MockHost.amd()).withPasids(16))
                .slot(1, 1)
                .boot();
        IommuDomain foreign = other.newDomain(1);
        assertThat(Rig.errno(() -> rig.group(1).attachPasid(foreign, 1))).isEqualTo(Errno.EINVAL);
        foreign.free();
        other.close();
        rig.close();
    }

    @Test
    void R82_aRefusedAttachTakesTheOthersBack() {
        for (int failing = 0; failing < 3; failing++) {
            Rig rig = rig(KernelRelease.V6_12);
            IommuDomain domain = rig.newDomain(1);
            rig.iommu.failures().failCall(failing, Errno.ENOSPC);
            assertThat(Rig.errno(() -> rig.group(1).attachPasid(domain, 3))).isEqualTo(Errno.ENOSPC);
            assertThat(rig.group(1).domainOfPasid(3)).isNull();
            for (int function = 0; function < 3; function++) {
                assertThat(rig.iommu.attachedType(rig.device(1, function), 3)).isNull();
            }
            rig.group(1).attachPasid(domain, 3);
            rig.group(1).detachPasid(domain, 3);
            domain.free();
            rig.close();
        }
    }

    @Test
    void R83_replaceNeedsSomethingThereAndKeepsItWhenRefused() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuGroup group = rig.group(1);
        IommuDomain one = rig.newDomain(1);
        IommuDomain two = rig.newDomain(1);
        assertThat(Rig.errno(() -> group.replacePasid(one, 3))).isEqualTo(Errno.EINVAL);
        group.attachPasid(one, 3);
        int calls = rig.iommu.failures().calls();
        group.replacePasid(one, 3);
        assertThat(rig.iommu.failures().calls()).isEqualTo(calls);
        rig.iommu.failures().failCall(2, Errno.EIO);
        assertThat(Rig.errno(() -> group.replacePasid(two, 3))).isEqualTo(Errno.EIO);
        assertThat(group.domainOfPasid(3)).isSameAs(one);
        group.replacePasid(two, 3);
        assertThat(group.domainOfPasid(3)).isSameAs(two);
        rig.log.drain();
        // The second device refuses the new domain, and the first the old one.
        rig.iommu.failures().failCalls(1, 2, Errno.EIO);
        assertThat(Rig.errno(() -> group.replacePasid(one, 3))).isEqualTo(Errno.EIO);
        assertThat(rig.warnings()).hasSize(1);
        group.detachPasid(two, 3);
        one.free();
        two.free();
        rig.close();
    }

    @Test
    void R84_detachingAnotherDomainThanTheAttachedOneIsAWarning() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain one = rig.newDomain(1);
        IommuDomain two = rig.newDomain(1);
        rig.group(1).attachPasid(one, 3);
        rig.log.drain();
        rig.group(1).detachPasid(two, 3);
        assertThat(rig.warnings()).hasSize(1);
        rig.group(1).detachPasid(two, 3);
        assertThat(rig.warnings()).hasSize(1);
        one.free();
        two.free();
        rig.close();
    }

    @Test
    void R85_aPasidInUseKeepsClaimsAndFurtherDriversOut() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuGroup group = rig.group(1);
        IommuDomain domain = rig.newDomain(1);
        group.attachPasid(domain, 3);
        assertThat(Rig.errno(() -> group.dmaOwnership().claim(this))).isEqualTo(Errno.EBUSY);
        group.dmaOwnership().useDefaultDomain(rig.device(1, 0));
        assertThat(Rig.errno(() -> group.dmaOwnership().useDefaultDomain(rig.device(1, 1))))
                .isEqualTo(Errno.EBUSY);
        rig.log.drain();
        group.dmaOwnership().unuseDefaultDomain(rig.device(1, 0));
        assertThat(rig.warnings()).hasSize(1);
        assertThat(group.dmaOwnership().state().count()).isEqualTo(1);
        group.detachPasid(domain, 3);
        group.dmaOwnership().unuseDefaultDomain(rig.device(1, 0));
        group.dmaOwnership().claim(this);
        group.attachPasid(domain, 3);
        rig.log.drain();
        group.dmaOwnership().release();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(group.dmaOwnership().isClaimed()).isTrue();
        group.detachPasid(domain, 3);
        group.dmaOwnership().release();
        domain.free();
        rig.close();
    }
}
