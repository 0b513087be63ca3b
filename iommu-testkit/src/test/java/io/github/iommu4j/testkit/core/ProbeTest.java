package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How devices come under an IOMMU and leave it. */
final class ProbeTest {

    @Test
    void R10_aDeviceBehindNoIommuIsSkippedAndTriedAgainAtTheNextRegistration() {
        MockIommuDriver arm = new MockIommuDriver("smmu0", MockHost.arm());
        Rig rig = Rig.of(KernelRelease.V6_12, arm).slot(1, 1).slot(2, 1);
        rig.host.rescan();
        rig.device(2, 0).setFwSpec(new FwSpec("smmu0", List.of(2)));
        rig.core.register(arm);
        assertThat(rig.core.groupOf(rig.device(1, 0))).isNull();
        assertThat(rig.group(2).devices()).containsExactly(rig.device(2, 0));
        MockIommuDriver second = Rig.intel();
        rig.core.register(second);
        assertThat(rig.group(1).id()).isEqualTo(1);
        rig.core.unregister(second);
        assertThat(second.leaks()).isEmpty();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R11_anyOtherErrnoOfADeviceEndsTheRegistrationWithoutTrace(KernelRelease release) {
        for (Errno errno : new Errno[] {Errno.EPROBE_DEFER, Errno.ENOMEM, Errno.EINVAL}) {
            MockIommuDriver iommu = Rig.intel();
            Rig rig = Rig.of(release, iommu).slot(1, 2).slot(2, 1);
            rig.host.rescan();
            // Probe and group of two devices succeed; the third device's probe fails.
            iommu.failures().failCall(4, errno);
            assertThat(Rig.errno(() -> rig.core.register(iommu))).isEqualTo(errno);
            assertThat(rig.core.groups()).isEmpty();
            assertThat(iommu.leaks()).isEmpty();
            rig.core.register(iommu);
            assertThat(rig.core.groups()).hasSize(2);
            rig.close();
        }
    }

    @Test
    void R11_aDriverWithoutAGroupForADeviceIsAWarningAndEinval() {
        MockIommuDriver iommu = Rig.intel().grouping((device, helpers) -> null);
        Rig strict = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1);
        assertThatThrownBy(strict::boot).isInstanceOf(AssertionError.class).hasMessageContaining("named no group");
        MockIommuDriver again = Rig.intel().grouping((device, helpers) -> null);
        Rig rig = Rig.recording(KernelRelease.V6_12, again).slot(1, 1);
        assertThat(Rig.errno(rig::boot)).isEqualTo(Errno.EINVAL);
        assertThat(rig.warnings()).hasSize(1);
        rig.close();
    }

    @Test
    void R12_aDeviceThatIsInAGroupIsNotProbedAgain() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        int calls = rig.iommu.failures().calls();
        rig.core.probe(rig.device(1, 0));
        assertThat(rig.iommu.failures().calls()).isEqualTo(calls);
        assertThat(rig.group(1).devices()).hasSize(1);
        rig.close();
    }

    @Test
    void R12_aHotAddedDeviceBehindNoIommuIsNoTrouble() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1);
        rig.host.rescan();
        assertThat(rig.log.drain()).isEmpty();
        assertThat(Rig.errno(() -> rig.core.probe(rig.device(1, 0)))).isEqualTo(Errno.ENODEV);
    }

    @Test
    void R12_aHotAddedDeviceThatFailsIsAddedWithoutAGroup() {
        Rig rig = Rig.of(KernelRelease.V6_12).boot();
        rig.iommu.failures().failCall(0, Errno.EIO);
        rig.slot(1, 1).host.rescan();
        assertThat(rig.core.groupOf(rig.device(1, 0))).isNull();
        assertThat(rig.log.drain()).extracting(KernelLog.Line::level).containsExactly(KernelLog.Level.ERR);
        rig.close();
    }

    @Test
    void R13_aDeviceThatJoinsGetsTheDomainTheGroupHasNotTheDefaultOne() {
        for (KernelRelease release : KernelRelease.values()) {
            Rig rig = Rig.of(release).slot(1, 2).boot();
            rig.host.remove(Rig.name(1, 1));
            rig.ownership(1).claim(this);
            rig.host.rescan();
            assertThat(rig.iommu.attachedType(rig.device(1, 1))).isEqualTo(DomainType.BLOCKED);
            assertThat(rig.iommu.sharesDomain(rig.device(1, 0), rig.device(1, 1)))
                    .isTrue();
            rig.ownership(1).release();
            rig.close();
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R13_aDeviceThatJoinsAnUnownedGroupWithAForeignDomainGetsTheDefaultOneUpTo64(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        rig.host.remove(Rig.name(1, 1));
        IommuDomain domain = rig.newDomain(1);
        rig.group(1).attach(domain);
        rig.host.rescan();
        DomainType expected = release.setsDefaultDomainsUpInOnePlace() ? DomainType.UNMANAGED : DomainType.DMA;
        assertThat(rig.iommu.attachedType(rig.device(1, 1))).isEqualTo(expected);
        assertThat(rig.group(1).domain()).isSameAs(domain);
        rig.group(1).detach(domain);
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R14_aDeviceThatFailsToJoinLeavesTheGroupAsItWas(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        IommuGroup group = rig.group(1);
        rig.host.remove(Rig.name(1, 1));
        int calls = rig.iommu.failures().calls();
        rig.host.rescan();
        int used = rig.iommu.failures().calls() - calls;
        for (int failing = 0; failing < used; failing++) {
            rig.host.remove(Rig.name(1, 1));
            rig.iommu.failures().failCall(failing, Errno.EIO);
            rig.host.rescan();
            assertThat(rig.core.groupOf(rig.device(1, 1))).as("call " + failing).isNull();
            assertThat(group.devices()).containsExactly(rig.device(1, 0));
            assertThat(rig.iommu.attachedType(rig.device(1, 0))).isEqualTo(DomainType.DMA);
        }
        rig.core.probe(rig.device(1, 1));
        assertThat(group.devices()).hasSize(2);
        rig.close();
    }

    @Test
    void R15_unregisteringReleasesTheDevicesOfThatInstanceOnly() {
        MockIommuDriver first = new MockIommuDriver("smmu0", MockHost.arm());
        Rig rig = Rig.of(KernelRelease.V6_12, first).slot(1, 1).slot(2, 1);
        rig.host.rescan();
        rig.device(1, 0).setFwSpec(new FwSpec("smmu0", List.of(1)));
        rig.core.register(first);
        MockIommuDriver second = Rig.intel();
        rig.core.register(second);
        rig.core.unregister(first);
        assertThat(first.leaks()).isEmpty();
        assertThat(rig.core.groupOf(rig.device(1, 0))).isNull();
        assertThat(rig.group(2).id()).isEqualTo(1);
        rig.core.unregister(second);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R16_anotherKindOfDriverIsRefusedWithEbusyUpTo67(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        MockIommuDriver twin = Rig.intel();
        MockIommuDriver foreign = new MockIommuDriver("amd0", MockHost.amd());
        assertThat(Rig.errno(() -> rig.core.register(rig.iommu))).isEqualTo(Errno.EBUSY);
        assertThat(Rig.errno(() -> rig.core.register(twin))).isNull();
        assertThat(Rig.errno(() -> rig.core.register(foreign)))
                .isEqualTo(release.allowsSeveralIommuDrivers() ? null : Errno.EBUSY);
        rig.close();
    }

    private static Rig described(KernelRelease release) {
        MockIommuDriver arm = new MockIommuDriver("smmu0", MockHost.arm());
        Rig rig = new Rig(
                release,
                KernelLog.WarnPolicy.THROW,
                arm,
                builder -> builder.firmware(device -> new FwSpec("smmu0", List.of(device.streamId()))));
        return rig.slot(1, 1).boot();
    }

    @ParameterizedTest
    @EnumSource(
            value = KernelRelease.class,
            names = {"V6_1", "V6_12"})
    void R17_bindingConfiguresFirmwareFirstAndCountsTheUseThen(KernelRelease release) {
        Rig rig = described(release);
        assertThat(rig.core.groupOf(rig.device(1, 0))).isNull();
        rig.bind(1, 0, "net");
        assertThat(rig.ownership(1).state().holder()).isEqualTo(Holder.KERNEL);
        assertThat(rig.ownership(1).state().count()).isEqualTo(1);
        rig.unbind(1, 0, "net");
        assertThat(rig.ownership(1).state().holder()).isEqualTo(Holder.FREE);
        rig.close();
    }

    @Test
    void R17_from615ProbingAsksFirmwareItselfAndAProbeFromBindIsAWarning() {
        Rig rig = described(KernelRelease.V7_2);
        assertThat(rig.group(1).devices()).hasSize(1);
        rig.close();
        Rig late = Rig.recording(KernelRelease.V7_2, Rig.intel()).slot(1, 1);
        late.host.rescan();
        late.bind(1, 0, "net");
        late.core.register(late.iommu);
        assertThat(late.warnings()).singleElement().asString().contains("late IOMMU probe");
        late.close();
    }

    @Test
    void R18_onlyAskingToComeBackLaterKeepsADriverFromBinding() {
        Rig rig = described(KernelRelease.V6_12);
        rig.iommu.failures().failCall(0, Errno.EPROBE_DEFER);
        assertThat(Rig.errno(() -> rig.bind(1, 0, "net"))).isEqualTo(Errno.EAGAIN);
        rig.iommu.failures().failCall(0, Errno.ENOMEM);
        assertThat(Rig.errno(() -> rig.bind(1, 0, "net"))).isNull();
        assertThat(rig.core.groupOf(rig.device(1, 0))).isNull();
        rig.bus.releaseDriver(rig.device(1, 0));
        rig.close();
    }

    @Test
    void R19_aFailedProbeAndAReleaseLoseWhatFirmwareSaid() {
        Rig rig = described(KernelRelease.V6_12);
        DeviceNode device = rig.device(1, 0);
        FwSpec description = new FwSpec("smmu0", List.of(1));
        for (int failing = 0; failing < 4; failing++) {
            device.setFwSpec(description);
            rig.iommu.failures().failCall(failing, Errno.EIO);
            try {
                rig.core.probe(device);
            } catch (AssertionError firstAttachMustNotFail) {
                break;
            } catch (IommuException refusal) {
                assertThat(device.fwSpec()).as("call " + failing).isNull();
            }
        }
        Rig other = described(KernelRelease.V6_12);
        DeviceNode node = other.device(1, 0);
        node.setFwSpec(description);
        other.core.probe(node);
        assertThat(node.fwSpec()).isEqualTo(description);
        other.core.unregister(other.iommu);
        assertThat(node.fwSpec()).isNull();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R20_aLeavingDeviceIsParkedOnTheReleaseDomainFrom69(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        int before = rig.iommu.failures().log().size();
        rig.host.remove(Rig.name(1, 1));
        List<String> calls = rig.iommu
                .failures()
                .log()
                .subList(before, rig.iommu.failures().log().size());
        if (release.attachesReleaseDomain()) {
            assertThat(calls)
                    .containsExactly(
                            "allocate BLOCKED",
                            "attach BLOCKED to " + Rig.name(1, 1),
                            "free BLOCKED",
                            "release " + Rig.name(1, 1));
        } else {
            assertThat(calls).containsExactly("release " + Rig.name(1, 1));
        }
        rig.close();
    }

    @Test
    void R20_aDeviceThatCannotBeParkedIsReleasedAllTheSame() {
        for (int failing = 0; failing < 2; failing++) {
            Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 2).boot();
            rig.iommu.failures().failCall(failing, Errno.EIO);
            rig.host.remove(Rig.name(1, 1));
            assertThat(rig.group(1).devices()).hasSize(1);
            rig.close();
        }
    }

    @Test
    void R20_aDriverWithoutAReleaseDomainJustReleases() {
        Rig rig = Rig.of(KernelRelease.V6_12, Rig.intel().releasingTo(null))
                .slot(1, 1)
                .boot();
        int calls = rig.iommu.failures().calls();
        rig.host.remove(Rig.name(1, 0));
        assertThat(rig.iommu.failures().calls()).isEqualTo(calls);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R21_onlyOldKernelsLogHotRemoval(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        rig.log.drain();
        rig.host.remove(Rig.name(1, 0));
        assertThat(rig.log.drain()).hasSize(release.logsHotRemoval() ? 1 : 0);
        rig.host.rescan();
        assertThat(rig.log.drain())
                .extracting(KernelLog.Line::text)
                .containsExactly(Rig.name(1, 0) + ": Adding to iommu group 0");
        rig.close();
    }

    @Test
    void aDeviceWithoutAnIommuCanDoNothing() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1);
        rig.host.rescan();
        Device device = rig.device(1, 0);
        assertThat(rig.core.capable(device, IommuCapability.CACHE_COHERENCY)).isFalse();
        assertThat(Rig.errno(() -> rig.core.newPagingDomain(device))).isEqualTo(Errno.ENODEV);
        rig.core.attachDeferred(device);
        rig.core.register(rig.iommu);
        assertThat(rig.core.capable(device, IommuCapability.CACHE_COHERENCY)).isTrue();
        assertThat(rig.core.capable(device, IommuCapability.DIRTY_TRACKING)).isFalse();
        assertThat(Objects.requireNonNull(rig.core.groupById(0)).devices()).containsExactly(device);
        rig.close();
    }

    @Test
    void aDriverWithoutUnmanagedDomainsRefusesThem() {
        Rig rig = Rig.of(KernelRelease.V6_12, Rig.intel().without(DomainType.UNMANAGED))
                .slot(1, 1)
                .boot();
        assertThat(Rig.errno(() -> rig.newDomain(1))).isEqualTo(Errno.EOPNOTSUPP);
        rig.close();
    }
}
