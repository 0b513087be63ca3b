package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which default domain a group gets, and what is mapped in it. */
final class DefaultDomainTest {

    private static Rig with(KernelRelease release, MockIommuDriver iommu, DomainType system) {
        return new Rig(release, KernelLog.WarnPolicy.THROW, iommu, builder -> builder.systemType(system));
    }

    private static DomainType contrary(Device device) {
        return device.name().endsWith(".0") ? DomainType.DMA : DomainType.IDENTITY;
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R71_theSystemDecidesAndAFlushQueueNeedsADriverThatDefers(KernelRelease release) {
        for (DomainType system : new DomainType[] {DomainType.DMA_FQ, DomainType.DMA, DomainType.IDENTITY}) {
            Rig rig = with(release, Rig.intel(), system).slot(1, 1).boot();
            assertThat(rig.group(1).typeName()).isEqualTo(system.sysfsName());
            rig.close();
        }
        Rig amd = with(release, new MockIommuDriver("amd0", Rig.neverDeferring()), DomainType.DMA_FQ)
                .slot(1, 1)
                .boot();
        assertThat(amd.group(1).typeName()).isEqualTo("DMA");
        amd.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R72_contraryDemandsEndInIdentityFrom65AndInTheSystemsTypeBefore(KernelRelease release) {
        Rig rig = with(release, Rig.intel().demanding(DefaultDomainTest::contrary), DomainType.DMA_FQ)
                .slot(1, 2)
                .boot();
        assertThat(rig.group(1).typeName()).isEqualTo(release.setsDefaultDomainsUpInOnePlace() ? "identity" : "DMA-FQ");
        assertThat(rig.log.drain())
                .anyMatch(line ->
                        line.level() != KernelLog.Level.INFO && line.text().contains("in"));
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R73_whatIsNotTrustedGetsTranslatedDma(KernelRelease release) {
        Rig rig = with(release, Rig.intel(), DomainType.IDENTITY).port(1, 1).boot();
        assertThat(rig.group(1).typeName()).isEqualTo("identity");
        assertThat(rig.group(rig.device("0000:01:00.0")).typeName()).isEqualTo("DMA");
        assertThat(Rig.errno(() -> rig.group(rig.device("0000:01:00.0")).writeType("identity", UserCapabilities.ALL)))
                .isEqualTo(Errno.EINVAL);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R73_aDriverThatWantsIdentityForWhatIsNotTrustedIsRefusedFrom65AndOverruledBefore(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel().demanding(device -> DomainType.IDENTITY);
        Rig rig = with(release, iommu, DomainType.DMA_FQ).port(1, 1);
        if (release.setsDefaultDomainsUpInOnePlace()) {
            assertThat(Rig.errno(rig::boot)).isEqualTo(Errno.EINVAL);
            assertThat(iommu.leaks()).isEmpty();
        } else {
            rig.boot();
            assertThat(rig.group(rig.device("0000:01:00.0")).typeName()).isEqualTo("DMA");
            rig.close();
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R74_aSystemTypeTheDriverLacksFallsBackToDma(KernelRelease release) {
        Rig rig = with(release, Rig.intel().without(DomainType.IDENTITY), DomainType.IDENTITY)
                .slot(1, 1)
                .boot();
        assertThat(rig.group(1).typeName()).isEqualTo("DMA");
        assertThat(rig.log.drain()).anyMatch(line -> line.text().contains("using DMA"));
        rig.close();
    }

    @Test
    void R74_fallingBackToDmaKeepsAStandingDmaDomain() {
        Rig rig = with(KernelRelease.V6_12, Rig.intel().without(DomainType.IDENTITY), DomainType.IDENTITY)
                .slot(1, 1)
                .boot();
        IommuDomain before = rig.group(1).defaultDomain();
        rig.group(1).writeType("auto", UserCapabilities.ALL);
        assertThat(rig.group(1).defaultDomain()).isSameAs(before);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R74_aDictatedTypeHasNoFallBackFrom65(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel().without(DomainType.IDENTITY).demanding(device -> DomainType.IDENTITY);
        Rig rig = Rig.of(release, iommu).slot(1, 1);
        if (release.setsDefaultDomainsUpInOnePlace()) {
            assertThat(Rig.errno(rig::boot)).isEqualTo(Errno.EOPNOTSUPP);
            assertThat(iommu.leaks()).isEmpty();
        } else {
            rig.boot();
            assertThat(rig.group(1).typeName()).isEqualTo("DMA");
            rig.close();
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R75_aGroupNeedsADefaultDomainFrom65AndMayDoWithoutBefore(KernelRelease release) {
        MockIommuDriver iommu = Rig.intel().without(DomainType.DMA);
        Rig rig = Rig.of(release, iommu).slot(1, 2);
        if (release.setsDefaultDomainsUpInOnePlace()) {
            assertThat(Rig.errno(rig::boot)).isEqualTo(Errno.EOPNOTSUPP);
            assertThat(rig.core.groups()).isEmpty();
            Rig strict = with(release, Rig.intel().without(DomainType.DMA), DomainType.DMA)
                    .slot(1, 2);
            assertThat(Rig.errno(strict::boot)).isEqualTo(Errno.EINVAL);
            assertThat(iommu.leaks()).isEmpty();
            return;
        }
        rig.boot();
        assertThat(rig.group(1).typeName()).isEqualTo("unknown");
        assertThat(rig.group(1).domain()).isNull();
        assertThat(Rig.errno(() -> rig.group(1).writeType("identity", UserCapabilities.ALL)))
                .isEqualTo(Errno.EINVAL);
        rig.host.remove(Rig.name(1, 1));
        rig.host.rescan();
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        assertThat(rig.iommu.attachedType(rig.device(1, 1))).isEqualTo(DomainType.UNMANAGED);
        assertThatThrownBy(() -> rig.group(1).detach(domain)).isInstanceOf(AssertionError.class);
        rig.core.unregister(iommu);
        domain.free();
        assertThat(iommu.leaks()).isEmpty();
    }

    @Test
    void R75_upTo64AFailedFirstAttachOfANewGroupHasNothingToGoBackTo() {
        Rig rig = Rig.of(KernelRelease.V6_1, Rig.intel().without(DomainType.DMA))
                .slot(1, 2)
                .boot();
        IommuDomain domain = rig.newDomain(1);
        rig.iommu.failures().failCall(1, Errno.EIO);
        assertThat(Rig.errno(() -> rig.group(1).attach(domain))).isEqualTo(Errno.EIO);
        assertThat(rig.group(1).domain()).isNull();
        domain.free();
        rig.close();
    }

    @Test
    void R76_aFirstAttachMustNotFailButIfItDoesNothingStays() {
        MockIommuDriver iommu = Rig.intel();
        Rig rig = Rig.recording(KernelRelease.V6_12, iommu).slot(1, 2);
        rig.host.rescan();
        // Probe and group of both, the allocation, the first attach.
        iommu.failures().failCall(6, Errno.EIO);
        assertThat(Rig.errno(() -> rig.core.register(iommu))).isEqualTo(Errno.EIO);
        assertThat(rig.warnings()).singleElement().asString().contains("first domain");
        assertThat(iommu.leaks()).isEmpty();
        assertThat(rig.core.liveDomains()).isZero();
        rig.core.register(iommu);
        rig.close();
    }

    @Test
    void R76_upTo64AFailedFirstAttachEndsTheRegistration() {
        MockIommuDriver iommu = Rig.intel();
        Rig rig = Rig.of(KernelRelease.V6_1, iommu).slot(1, 2);
        rig.host.rescan();
        iommu.failures().failCall(6, Errno.EIO);
        assertThat(Rig.errno(() -> rig.core.register(iommu))).isEqualTo(Errno.EIO);
        assertThat(iommu.leaks()).isEmpty();
        rig.core.register(iommu);
        rig.close();
    }

    private static MockIommuDriver direct(long start, long last, ReservedRegion.Type type) {
        return Rig.intel()
                .reserving(device -> List.of(new ReservedRegion(new IovaRange(start, last), Prot.READ_WRITE, type)));
    }

    private static long lookUp(Rig rig, long iova) {
        return Objects.requireNonNull(rig.group(1).defaultDomain()).iovaToPhys(iova);
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R77_directRegionsAreMappedOneToOneWithBothEndsRoundedUp(KernelRelease release) {
        Rig rig = Rig.of(release, direct(0x8001, 0xA7FF, ReservedRegion.Type.DIRECT_RELAXABLE))
                .slot(1, 2)
                .boot();
        assertThat(lookUp(rig, 0x8001)).isZero();
        assertThat(lookUp(rig, 0x9000)).isEqualTo(0x9000);
        assertThat(lookUp(rig, 0xAFFF)).isEqualTo(0xAFFF);
        assertThat(lookUp(rig, 0xB000)).isZero();
        rig.close();
    }

    @Test
    void R77_onlyDirectRegionsAreMappedAndOnlyInDmaDomains() {
        Rig reserved = Rig.of(KernelRelease.V6_12, direct(0x8000, 0x8FFF, ReservedRegion.Type.RESERVED))
                .slot(1, 1)
                .boot();
        assertThat(lookUp(reserved, 0x8000)).isZero();
        reserved.close();
        Rig identity = with(
                        KernelRelease.V6_12, direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT), DomainType.IDENTITY)
                .slot(1, 1)
                .boot();
        assertThat(identity.iommu.failures().log()).noneMatch(call -> call.startsWith("map"));
        assertThat(Rig.errno(() -> identity.ownership(1).claim("user"))).isEqualTo(Errno.EINVAL);
        identity.close();
    }

    @Test
    void R77_aRegionAtZeroThatIsMappedIsSeenToBe() {
        Rig rig = Rig.of(KernelRelease.V6_12, direct(0, 0x1FFF, ReservedRegion.Type.DIRECT_RELAXABLE))
                .slot(1, 2)
                .boot();
        assertThat(lookUp(rig, 1)).isEqualTo(1);
        assertThat(rig.iommu.failures().log())
                .filteredOn(call -> call.startsWith("map"))
                .hasSize(1);
        rig.close();
    }

    @Test
    void R77_aNewDefaultDomainHasTheDirectMappingsToo() {
        Rig rig = Rig.of(KernelRelease.V6_12, direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT))
                .slot(1, 1)
                .boot();
        rig.group(1).writeType("identity", UserCapabilities.ALL);
        rig.group(1).writeType("DMA", UserCapabilities.ALL);
        assertThat(lookUp(rig, 0x8000)).isEqualTo(0x8000);
        rig.close();
    }

    @Test
    void R78_aFailedDirectMappingIsTriedAgainAfterTheFirstAttach() {
        MockIommuDriver iommu = direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT_RELAXABLE);
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1).boot();
        rig.group(1).writeType("identity", UserCapabilities.ALL);
        // The allocation succeeds, the mapping fails, the attach and the second mapping succeed.
        iommu.failures().failCall(1, Errno.ENOMEM);
        rig.group(1).writeType("DMA", UserCapabilities.ALL);
        assertThat(lookUp(rig, 0x8000)).isEqualTo(0x8000);
        rig.close();
    }

    @Test
    void R78_aDirectMappingThatFailsTwiceBringsTheOldDomainBack() {
        MockIommuDriver iommu = direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT_RELAXABLE);
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1).boot();
        rig.group(1).writeType("identity", UserCapabilities.ALL);
        IommuDomain before = rig.group(1).defaultDomain();
        iommu.failures().failWhen(call -> call.startsWith("map"), Errno.ENOMEM);
        assertThat(Rig.errno(() -> rig.group(1).writeType("DMA", UserCapabilities.ALL)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(rig.group(1).defaultDomain()).isSameAs(before);
        assertThat(rig.group(1).domain()).isSameAs(before);
        assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.IDENTITY);
        iommu.failures().failNothing();
        rig.close();
    }

    @Test
    void R78_upTo64ATypeChangeNeedsItsDirectMappings() {
        MockIommuDriver iommu = direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT_RELAXABLE);
        Rig rig = Rig.of(KernelRelease.V6_1, iommu).slot(1, 1).boot();
        rig.group(1).writeType("identity", UserCapabilities.ALL);
        iommu.failures().failWhen(call -> call.startsWith("map"), Errno.ENOMEM);
        assertThat(Rig.errno(() -> rig.group(1).writeType("DMA", UserCapabilities.ALL)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(rig.group(1).typeName()).isEqualTo("identity");
        iommu.failures().failNothing();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R79_theReleaseDomainOfADirectDeviceIsIdentityOn72(KernelRelease release) {
        Rig rig = Rig.of(release, direct(0x8000, 0x8FFF, ReservedRegion.Type.DIRECT))
                .slot(1, 1)
                .boot();
        rig.host.remove(Rig.name(1, 0));
        List<String> log = rig.iommu.failures().log();
        assertThat(log.contains("allocate IDENTITY")).isEqualTo(release.keepsDirectMappingsOnRelease());
        rig.close();
    }
}
