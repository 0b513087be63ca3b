package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups as objects: numbers, members, names, references. */
final class GroupTest {

    @Test
    void R01_theLowestFreeNumberIsTakenAndFreedOnesAgain() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).slot(2, 1).slot(3, 1).boot();
        assertThat(rig.core.groups()).extracting(IommuGroup::id).containsExactly(0, 1, 2);
        rig.host.remove(Rig.name(2, 0));
        assertThat(rig.core.groups()).extracting(IommuGroup::id).containsExactly(0, 2);
        assertThat(rig.core.groupById(1)).isNull();
        rig.host.rescan();
        assertThat(rig.group(2).id()).isEqualTo(1);
        rig.close();
    }

    @Test
    void R01_aReferenceKeepsTheNumber() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        IommuGroup held = rig.group(1).get();
        rig.host.remove(Rig.name(1, 0));
        assertThat(rig.core.groupById(0)).isSameAs(held);
        rig.host.rescan();
        assertThat(rig.group(1).id()).isEqualTo(1);
        held.put();
        assertThat(rig.core.groupById(0)).isNull();
        assertThatThrownBy(held::put).isInstanceOf(AssertionError.class).hasMessageContaining("dropped twice");
        rig.close();
    }

    @Test
    void R02_aMemberWhoseNameIsTakenGetsANumberBehindIt() {
        MockIommuDriver iommu = Rig.intel().grouping((device, helpers) -> helpers.single(device));
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1).slot(2, 1);
        String name = Rig.name(1, 0);
        rig.platform.add(DeviceNode.Identity.of(name, 7));
        rig.platform.add(DeviceNode.Identity.of(name + ".0", 8));
        rig.boot();
        IommuGroup group = rig.group(1);
        assertThat(group.deviceLinks()).containsExactly(name, name + ".0", name + ".1", Rig.name(2, 0));
        assertThat(group.devices()).extracting(Device::name).containsExactly(name, name + ".0", name, Rig.name(2, 0));
        rig.host.remove(name);
        assertThat(group.deviceLinks()).containsExactly(name, name + ".0", Rig.name(2, 0));
        rig.close();
    }

    @Test
    void R03_aGroupCanBeNamedAndItsNameTakenAway() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        assertThat(group.name()).isNull();
        group.setName("gpu");
        assertThat(group.name()).isEqualTo("gpu");
        group.setName(null);
        assertThat(group.name()).isNull();
        rig.close();
    }

    @Test
    void R04_whatHangsOnAGroupIsReleasedOnceBeforeItsNumberAndDomains() {
        Rig rig = Rig.of(KernelRelease.V6_1).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        List<String> released = new ArrayList<>();
        group.setIommuData(
                "mine",
                data -> released.add(
                        data + ", " + rig.core.groups().size() + " group, " + rig.core.liveDomains() + " domain"));
        assertThat(group.iommuData()).isEqualTo("mine");
        group.get();
        rig.host.remove(Rig.name(1, 0));
        assertThat(released).isEmpty();
        group.put();
        assertThat(released).containsExactly("mine, 1 group, 1 domain");
        rig.close();
    }

    @Test
    void R05_forEachHoldsTheMutexAndStopsAtTheFirstFailure() {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 3).boot();
        IommuGroup group = rig.group(1);
        List<String> seen = new ArrayList<>();
        assertThatThrownBy(() -> group.forEachDevice(device -> {
                    seen.add(device.name());
                    if (seen.size() == 2) {
                        throw new IllegalStateException("enough");
                    }
                }))
                .hasMessage("enough");
        assertThat(seen).containsExactly(Rig.name(1, 0), Rig.name(1, 1));
        assertThatThrownBy(() -> group.forEachDevice(device -> group.typeName()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("&group->mutex");
        rig.close();
    }

    @Test
    void R06_regionsOfOneTypeMergeWhereTheyTouchAndOthersStay() {
        MockIommuDriver iommu = Rig.intel()
                .reserving(device -> device.name().endsWith(".0")
                        ? List.of(region(0x3000, 0x3FFF, ReservedRegion.Type.RESERVED))
                        : List.of(
                                region(0x1000, 0x2FFF, ReservedRegion.Type.RESERVED),
                                region(0x2000, 0x2FFF, ReservedRegion.Type.MSI)));
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 2).boot();
        assertThat(rig.group(1).reservedRegions())
                .extracting(ReservedRegion::sysfsLine)
                .containsExactly(
                        "0x0000000000001000 0x0000000000003fff reserved",
                        "0x0000000000002000 0x0000000000002fff msi",
                        "0x00000000fee00000 0x00000000feefffff msi");
        rig.close();
    }

    private static ReservedRegion region(long start, long last, ReservedRegion.Type type) {
        return new ReservedRegion(new IovaRange(start, last), Prot.NONE, type);
    }

    @Test
    void R07_aSingleGroupIsHeldUntilItsIommuGoes() {
        MockIommuDriver iommu = Rig.intel().grouping((device, helpers) -> helpers.single(device));
        Rig rig = Rig.of(KernelRelease.V6_12, iommu).slot(1, 1).slot(2, 1).boot();
        IommuGroup group = rig.group(1);
        assertThat(rig.group(2)).isSameAs(group);
        rig.host.remove(Rig.name(1, 0));
        rig.host.remove(Rig.name(2, 0));
        assertThat(rig.core.groupById(group.id())).isSameAs(group);
        assertThat(group.devices()).isEmpty();
        assertThat(group.typeName()).isEqualTo("unknown");
        rig.host.rescan();
        assertThat(rig.group(2)).isSameAs(group);
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        rig.close();
    }

    @Test
    void R07_genericGroupsAreNeverShared() {
        Rig rig = Rig.of(KernelRelease.V6_12, Rig.intel().grouping((device, helpers) -> helpers.generic(device)))
                .slot(1, 4)
                .boot();
        assertThat(rig.core.groups()).hasSize(4);
        rig.close();
    }

    @Test
    void R07_thePciHelperRefusesWhatIsNoPciFunction() {
        Rig rig = Rig.of(KernelRelease.V6_12, Rig.intel().grouping((device, helpers) -> helpers.pci(device)));
        rig.platform.add(DeviceNode.Identity.of("uart", 1));
        assertThatThrownBy(rig::boot).isInstanceOf(AssertionError.class).hasMessageContaining("no PCI function");
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R08_theLastDeviceTakesTheDomainsFrom66AndTheLastReferenceBefore(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        IommuGroup group = rig.group(1).get();
        rig.host.remove(Rig.name(1, 0));
        assertThat(rig.core.liveDomains()).isEqualTo(1);
        rig.host.remove(Rig.name(1, 1));
        assertThat(rig.core.liveDomains()).isEqualTo(release.lastDeviceTakesDomains() ? 0 : 1);
        assertThat(group.typeName()).isEqualTo(release.lastDeviceTakesDomains() ? "unknown" : "DMA-FQ");
        group.put();
        rig.close();
    }

    @Test
    void R08_theLastDeviceOfAGroupInUseIsAWarningFrom66() {
        for (KernelRelease release : KernelRelease.values()) {
            Rig rig = Rig.recording(release, Rig.intel()).slot(1, 1).boot();
            rig.ownership(1).claim(this);
            rig.log.drain();
            rig.host.remove(Rig.name(1, 0));
            assertThat(rig.warnings()).hasSize(release.lastDeviceTakesDomains() ? 1 : 0);
            rig.close();
        }
    }
}
