package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.ContainerFile;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.DeviceInfo;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.VfioOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GroupFileTest {

    @Test
    void aGroupHasANodeWhileADeviceOfItIsBoundToVfioPci() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        int id = rig.iommuGroup(VfioRig.FIRST).id();
        assertThat(errnoOf(() -> rig.vfio.openGroup(id))).isEqualTo(Errno.ENOENT);
        assertThat(rig.vfio.devEntries()).containsExactly("vfio");

        rig.give(VfioRig.FIRST, VfioRig.SECOND);
        assertThat(rig.vfio.devEntries()).containsExactly(Integer.toString(id), "vfio");
        rig.unbind(VfioRig.FIRST, "vfio-pci");
        assertThat(rig.vfio.devEntries()).containsExactly(Integer.toString(id), "vfio");
        rig.unbind(VfioRig.SECOND, "vfio-pci");
        assertThat(rig.vfio.devEntries()).containsExactly("vfio");
        rig.finish();
    }

    @Test
    void nodesAreSortedAsText() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE, VfioRig.LONE);
        assertThat(rig.vfio.devEntries()).isSorted().hasSize(3).endsWith("vfio");
        rig.finish();
    }

    @Test
    void aGroupIsOpenOnce() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE);
        GroupFile group = rig.open(VfioRig.SINGLE);
        assertThat(group.groupId()).isEqualTo(rig.iommuGroup(VfioRig.SINGLE).id());
        assertThat(errnoOf(() -> rig.open(VfioRig.SINGLE))).isEqualTo(Errno.EBUSY);
        group.close();
        rig.open(VfioRig.SINGLE).close();
        rig.finish();
    }

    @Test
    void aClosedFileAnswersEbadf() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile device = ready.group().getDevice(VfioRig.SINGLE);
        device.close();
        ready.close();
        assertThat(errnoOf(device::close)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(device::info)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(device::reset)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(ready.group()::close)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> rig.status(ready.group()))).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(ready.group()::unsetContainer)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> ready.group().getDevice(VfioRig.SINGLE))).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(ready.container()::close)).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> ready.container().checkExtension(1))).isEqualTo(Errno.EBADF);
        GroupFile again = rig.open(VfioRig.SINGLE);
        assertThat(errnoOf(() -> again.setContainer(ready.container()))).isEqualTo(Errno.EBADF);
        again.close();
        rig.finish();
    }

    @Test
    void statusNeedsRoomForItsAnswer() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE);
        GroupFile group = rig.open(VfioRig.SINGLE);
        assertThat(errnoOf(() -> group.getStatus(7))).isEqualTo(Errno.EINVAL);
        assertThat(group.getStatus(8).flags()).isEqualTo(1);
        assertThat(group.getStatus(-1).flags()).isEqualTo(1);
        group.close();
        rig.finish();
    }

    @Test
    void openingAGroupDoesNotClaimIt() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.FIRST);
        GroupFile group = rig.open(VfioRig.FIRST);
        assertThat(rig.status(group)).isEqualTo(1);
        rig.bind(VfioRig.SECOND, "native");
        assertThat(rig.status(group)).isZero();
        Container container = rig.container();
        assertThat(errnoOf(() -> group.setContainer(container))).isEqualTo(Errno.EPERM);
        assertThat(rig.status(group)).isZero();
        rig.unbind(VfioRig.SECOND, "native");
        rig.bind(VfioRig.SECOND, "stub");
        assertThat(rig.status(group)).isEqualTo(1);
        group.setContainer(container);
        assertThat(rig.status(group)).isEqualTo(3);
        group.close();
        container.close();
        rig.finish();
    }

    @Test
    void aClaimedGroupRefusesNativeDriversUntilItIsGivenUp() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.FIRST);
        GroupFile group = rig.open(VfioRig.FIRST);
        Container container = rig.container();
        group.setContainer(container);
        assertThat(rig.iommuGroup(VfioRig.FIRST).dmaOwnership().state().holder())
                .isEqualTo(DmaOwnership.Holder.USER);
        assertThat(errnoOf(() -> rig.bind(VfioRig.SECOND, "native"))).isEqualTo(Errno.EBUSY);
        assertThat(errnoOf(() -> rig.machine.pciBus().driversProbe(VfioRig.SECOND)))
                .isEqualTo(Errno.EINVAL);
        rig.bind(VfioRig.SECOND, "stub");
        rig.unbind(VfioRig.SECOND, "stub");
        container.close();
        assertThat(errnoOf(() -> rig.bind(VfioRig.SECOND, "native"))).isEqualTo(Errno.EBUSY);
        group.unsetContainer();
        rig.bind(VfioRig.SECOND, "native");
        group.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void setContainerRefusesInTheKernelsOrder(KernelRelease release) {
        VfioRig rig = VfioRig.of(release).give(VfioRig.SINGLE);
        GroupFile group = rig.open(VfioRig.SINGLE);
        Container container = rig.container();
        Container other = rig.container();
        Errno foreign = release == KernelRelease.V6_1 ? Errno.EINVAL : Errno.EBADFD;
        assertThat(errnoOf(() -> group.setContainer(ContainerFile.NotAContainer.BAD_DESCRIPTOR)))
                .isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> group.setContainer(ContainerFile.NotAContainer.FOREIGN_FILE)))
                .isEqualTo(foreign);
        group.setContainer(container);
        assertThat(errnoOf(() -> group.setContainer(container))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> group.setContainer(other))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> group.setContainer(ContainerFile.NotAContainer.FOREIGN_FILE)))
                .isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> group.setContainer(ContainerFile.NotAContainer.BAD_DESCRIPTOR)))
                .isEqualTo(Errno.EBADF);
        group.close();
        container.close();
        other.close();
        rig.finish();
    }

    @Test
    void unsetNeedsAContainerAndNoOpenDevice() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile device = ready.group().getDevice(VfioRig.SINGLE);
        assertThat(errnoOf(ready.group()::unsetContainer)).isEqualTo(Errno.EBUSY);
        device.close();
        ready.group().unsetContainer();
        assertThat(errnoOf(ready.group()::unsetContainer)).isEqualTo(Errno.EINVAL);
        ready.close();
        rig.finish();
    }

    @Test
    void aDeviceIsLookedUpBeforeTheContainerIs() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.FIRST, VfioRig.SINGLE);
        GroupFile group = rig.open(VfioRig.FIRST);
        for (String unknown : new String[] {"nonsense", "00:02.0", VfioRig.SECOND, VfioRig.SINGLE}) {
            assertThat(errnoOf(() -> group.getDevice(unknown))).as(unknown).isEqualTo(Errno.ENODEV);
        }
        assertThat(errnoOf(() -> group.getDevice(VfioRig.FIRST))).isEqualTo(Errno.EINVAL);
        Container container = rig.container();
        group.setContainer(container);
        assertThat(errnoOf(() -> group.getDevice(VfioRig.FIRST))).isEqualTo(Errno.EINVAL);
        container.setIommu(Container.TYPE1_IOMMU);
        group.getDevice(VfioRig.FIRST).close();
        group.close();
        container.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceOpenedTwiceHasTwoFiles(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile one = ready.group().getDevice(VfioRig.SINGLE);
        DeviceFile two = ready.group().getDevice(VfioRig.SINGLE);
        assertThat(rig.vfio.pciReferences()).isEqualTo(release == KernelRelease.V6_1 ? 2 : 1);
        one.close();
        assertThat(rig.vfio.pciReferences()).isEqualTo(1);
        assertThat(two.device()).isSameAs(rig.node(VfioRig.SINGLE));
        assertThat(two.info()).isEqualTo(new DeviceInfo(DeviceInfo.PCI, 9, 5));
        assertThat(errnoOf(ready.group()::unsetContainer)).isEqualTo(Errno.EBUSY);
        two.close();
        assertThat(rig.vfio.pciReferences()).isZero();
        ready.close();
        rig.finish();
    }

    @Test
    void onlyWhatCanBeResetIsReset() {
        VfioOptions options =
                VfioOptions.DEFAULT.withResettable(device -> device.name().equals(VfioRig.FIRST));
        VfioRig rig = new VfioRig.Plan().options(options).boot();
        rig.give(VfioRig.SECOND);
        VfioRig.Ready ready = rig.ready(VfioRig.FIRST);
        DeviceFile first = ready.group().getDevice(VfioRig.FIRST);
        DeviceFile second = ready.group().getDevice(VfioRig.SECOND);
        first.reset();
        assertThat(first.info().flags()).isEqualTo(DeviceInfo.PCI | DeviceInfo.RESET);
        assertThat(errnoOf(second::reset)).isEqualTo(Errno.EINVAL);
        assertThat(second.info().flags()).isEqualTo(DeviceInfo.PCI);
        first.close();
        second.close();
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void aGroupWhoseLastDeviceWentIsDeadForGood(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        rig.unbind(VfioRig.SINGLE, "vfio-pci");
        assertThat(rig.vfio.type1References()).isZero();
        assertThat(rig.accounting.lockedKiB()).isZero();
        assertThat(rig.iommuGroup(VfioRig.SINGLE).dmaOwnership().isClaimed()).isFalse();
        for (int round = 0; round < 2; round++) {
            assertThat(errnoOf(() -> rig.status(ready.group()))).isEqualTo(Errno.ENODEV);
            assertThat(errnoOf(() -> ready.group().setContainer(ready.container())))
                    .isEqualTo(Errno.ENODEV);
            assertThat(errnoOf(() -> ready.group().getDevice(VfioRig.SINGLE))).isEqualTo(Errno.ENODEV);
            assertThat(errnoOf(ready.group()::unsetContainer)).isEqualTo(Errno.EINVAL);
            if (round == 0) {
                rig.give(VfioRig.SINGLE);
            }
        }
        GroupFile alive = rig.open(VfioRig.SINGLE);
        assertThat(rig.status(alive)).isEqualTo(1);
        alive.close();
        ready.close();
        rig.finish();
    }

    @Test
    void unbindingOneOfSeveralDevicesLeavesTheGroupAttached() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SECOND);
        VfioRig.Ready ready = rig.ready(VfioRig.FIRST);
        rig.unbind(VfioRig.FIRST, "vfio-pci");
        assertThat(rig.status(ready.group())).isEqualTo(3);
        assertThat(rig.vfio.type1References()).isEqualTo(1);
        assertThat(errnoOf(() -> ready.group().getDevice(VfioRig.FIRST))).isEqualTo(Errno.ENODEV);
        ready.group().getDevice(VfioRig.SECOND).close();
        ready.close();
        rig.finish();
    }

    @Test
    void aStaleFileAndANewNodeMayHaveTheSameNumber() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE);
        GroupFile stale = rig.open(VfioRig.SINGLE);
        rig.machine.pciHost().remove(VfioRig.SINGLE);
        rig.machine.pciHost().rescan();
        rig.give(VfioRig.SINGLE);
        GroupFile fresh = rig.open(VfioRig.SINGLE);
        assertThat(fresh.groupId()).isEqualTo(stale.groupId());
        assertThat(errnoOf(() -> rig.status(stale))).isEqualTo(Errno.ENODEV);
        assertThat(rig.status(fresh)).isEqualTo(1);
        stale.close();
        fresh.close();
        rig.finish();
    }
}
