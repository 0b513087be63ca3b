package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.GroupFile;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files may be closed in any order; what they hold goes when the last that needs it goes. */
final class LifetimeTest {

    private static final int GROUP = 0;
    private static final int CONTAINER = 1;

    static Stream<Arguments> closeOrders() {
        List<List<Integer>> orders = new ArrayList<>();
        permute(List.of(), List.of(GROUP, CONTAINER, 2, 3), orders);
        return Stream.of(KernelRelease.values())
                .flatMap(release -> orders.stream().map(order -> Arguments.of(release, order)));
    }

    private static void permute(List<Integer> done, List<Integer> rest, List<List<Integer>> orders) {
        if (rest.isEmpty()) {
            orders.add(done);
        }
        for (Integer next : rest) {
            List<Integer> longer = new ArrayList<>(done);
            longer.add(next);
            permute(longer, rest.stream().filter(other -> !other.equals(next)).toList(), orders);
        }
    }

    @ParameterizedTest
    @MethodSource("closeOrders")
    void theGroupLeavesWhenItsFileAndEveryDeviceAreClosed(KernelRelease release, List<Integer> order) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        List<Runnable> closers = List.of(
                ready.group()::close,
                ready.container()::close,
                ready.group().getDevice(VfioRig.SINGLE)::close,
                ready.group().getDevice(VfioRig.SINGLE)::close);
        List<Integer> open = new ArrayList<>(order);
        for (Integer next : order) {
            closers.get(next).run();
            open.remove(next);
            boolean held = open.stream().anyMatch(file -> file != CONTAINER);
            assertThat(rig.vfio.type1References()).as("open: %s", open).isEqualTo(held ? 1 : 0);
            assertThat(rig.accounting.lockedKiB()).isEqualTo(held ? 4 : 0);
            assertThat(rig.iommu.attachedType(rig.node(VfioRig.SINGLE)))
                    .isEqualTo(held ? DomainType.UNMANAGED : DomainType.DMA);
            assertThat(errnoOf(() -> rig.open(VfioRig.SINGLE).close())).isEqualTo(held ? Errno.EBUSY : null);
        }
        rig.finish();
    }

    @Test
    void aContainerCanBeUsedAgainWithAnotherType() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE, Container.TYPE1_IOMMU);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        ready.group().unsetContainer();
        assertThat(rig.accounting.lockedKiB()).isZero();
        assertThat(errnoOf(() -> ready.container().setIommu(Container.TYPE1_IOMMU)))
                .isEqualTo(Errno.EINVAL);
        ready.group().setContainer(ready.container());
        ready.container().setIommu(Container.TYPE1V2_IOMMU);
        assertThat(ready.unmapAll()).isZero();
        ready.close();
        rig.finish();
    }

    @Test
    void aClosedContainerStillServesItsGroup() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.container().close();
        assertThat(rig.status(ready.group())).isEqualTo(3);
        ready.group().getDevice(VfioRig.SINGLE).close();
        ready.group().unsetContainer();
        ready.group().close();
        rig.finish();
    }

    @Test
    void theMappingsStayWhileOneGroupStays() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.LONE);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        GroupFile lone = rig.open(VfioRig.LONE);
        lone.setContainer(ready.container());
        DeviceFile device = lone.getDevice(VfioRig.LONE);
        ready.group().unsetContainer();
        assertThat(rig.accounting.lockedKiB()).isEqualTo(4);
        lone.close();
        assertThat(rig.accounting.lockedKiB()).isEqualTo(4);
        device.close();
        assertThat(rig.accounting.lockedKiB()).isZero();
        ready.close();
        rig.finish();
    }

    @Test
    void aDeviceRemovedFromAnAttachedGroupLeavesIt() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SECOND);
        VfioRig.Ready ready = rig.ready(VfioRig.FIRST);
        rig.machine.pciHost().remove(VfioRig.SECOND);
        assertThat(rig.status(ready.group())).isEqualTo(3);
        rig.machine.pciHost().rescan();
        assertThat(rig.iommu.attachedType(rig.node(VfioRig.SECOND))).isEqualTo(DomainType.UNMANAGED);
        assertThat(errnoOf(() -> rig.bind(VfioRig.SECOND, "native"))).isEqualTo(Errno.EBUSY);
        ready.close();
        rig.finish();
    }
}
