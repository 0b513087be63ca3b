package io.github.iommu4j.testkit.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.testkit.lock.RecordingLocking;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The order of VFIO's locks. */
final class LockOrderTest {

    private static final String REGISTRY = "vfio.group_lock";
    private static final String GROUP = "&group->group_lock";
    private static final String DEVICES = "&group->device_lock";
    private static final String SET = "&new_dev_set->lock";
    private static final String CONTAINER = "&container->group_lock";
    private static final String DRIVERS = "vfio.iommu_drivers_lock";
    private static final String TYPE1 = "&iommu->lock";
    private static final String IOMMU_GROUP = "&group->mutex";
    private static final String BUS = "pci_bus_sem";

    private static RecordingLocking play(KernelRelease release, CoreErratum... errata) {
        RecordingLocking locking = new RecordingLocking();
        VfioRig rig = new VfioRig.Plan()
                .release(release)
                .locking(locking)
                .errata(errata)
                .boot()
                .give(VfioRig.BEHIND, VfioRig.BESIDE, VfioRig.LONE);
        Container container = rig.container();
        GroupFile group = rig.open(VfioRig.BEHIND);
        GroupFile lone = rig.open(VfioRig.LONE);
        container.checkExtension(Container.TYPE1_IOMMU);
        group.setContainer(container);
        container.setIommu(Container.TYPE1V2_IOMMU);
        container.checkExtension(Container.DMA_CC_IOMMU);
        lone.setContainer(container);
        container.mapDma(new MapRequest(0, VfioRig.PAGE, VfioRig.MEMORY, VfioRig.READ_WRITE));
        DeviceFile one = group.getDevice(VfioRig.BEHIND);
        DeviceFile two = group.getDevice(VfioRig.BESIDE);
        rig.status(group);
        container.unmapDma(new UnmapRequest(0, 0, UnmapRequest.ALL));
        one.close();
        two.close();
        lone.unsetContainer();
        lone.close();
        rig.unbind(VfioRig.BEHIND, "vfio-pci");
        rig.unbind(VfioRig.BESIDE, "vfio-pci");
        group.close();
        container.close();
        rig.finish();
        return locking;
    }

    @ParameterizedTest
    @EnumSource
    void locksAreTakenInOneOrder(KernelRelease release) {
        RecordingLocking locking = play(release);
        assertThat(locking.cycle()).isEmpty();
        assertThat(locking.follows(REGISTRY, GROUP)).isTrue();
        assertThat(locking.follows(GROUP, CONTAINER)).isTrue();
        assertThat(locking.follows(CONTAINER, DRIVERS)).isTrue();
        assertThat(locking.follows(CONTAINER, TYPE1)).isTrue();
        assertThat(locking.follows(CONTAINER, IOMMU_GROUP)).isTrue();
        assertThat(locking.follows(TYPE1, IOMMU_GROUP)).isTrue();
        assertThat(locking.follows("&dev->mutex", REGISTRY)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void theSetsLockIsOutsideTheGroupsOnlyInTheOldKernel(KernelRelease release) {
        RecordingLocking locking = play(release);
        boolean old = release == KernelRelease.V6_1;
        assertThat(locking.follows(SET, GROUP)).isEqualTo(old);
        assertThat(locking.follows(GROUP, SET)).isEqualTo(!old);
    }

    @ParameterizedTest
    @EnumSource
    void openUnderTheDeviceLockClosesACycleWithTheWalkOfRelease(KernelRelease release) {
        RecordingLocking locking = play(release, CoreErratum.VFIO_HOLDS_DEVICE_LOCK_ACROSS_OPEN);
        assertThat(locking.follows(DEVICES, SET)).isTrue();
        assertThat(locking.follows(SET, BUS)).isTrue();
        assertThat(locking.follows(BUS, DEVICES)).isTrue();
        assertThat(locking.cycle()).containsAll(List.of(DEVICES, SET));
    }

    @Test
    void withoutTheErratumNothingIsTakenUnderTheDeviceLock() {
        RecordingLocking locking = play(KernelRelease.V6_12);
        for (String other : List.of(SET, GROUP, BUS, CONTAINER)) {
            assertThat(locking.follows(DEVICES, other)).as(other).isFalse();
        }
    }
}
