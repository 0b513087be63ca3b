package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.vfio.AllowUnsafe;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DirtyRequest;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.IommuInfo;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContainerTest {

    private static final int ROOM = 4096;

    @ParameterizedTest
    @EnumSource
    void extensionsDependOnTheReleaseAndOnTheIommu(KernelRelease release) {
        VfioRig rig = VfioRig.of(release).give(VfioRig.SINGLE);
        Container container = rig.container();
        assertThat(container.apiVersion()).isZero();
        int nesting = release == KernelRelease.V7_2 ? 0 : 1;
        int[] before = {0, 1, 0, 1, 0, 0, nesting, 0, 0, 1, 0, 0};
        int[] after = {0, 1, 0, 1, 0, 0, nesting, 0, 0, 1, 1, 0};
        assertExtensions(container, before);
        GroupFile group = rig.open(VfioRig.SINGLE);
        group.setContainer(container);
        assertExtensions(container, before);
        container.setIommu(Container.TYPE1V2_IOMMU);
        assertExtensions(container, after);
        group.close();
        assertExtensions(container, before);
        container.close();
        rig.finish();
    }

    private static void assertExtensions(Container container, int[] expected) {
        for (int extension = 0; extension < expected.length; extension++) {
            assertThat(container.checkExtension(extension))
                    .as("extension %s", extension)
                    .isEqualTo(expected[extension]);
        }
        assertThat(container.checkExtension(-1)).isZero();
    }

    @Test
    void coherencyIsThereWhenTheIommuEnforcesIt() {
        Set<IommuCapability> capabilities =
                EnumSet.of(IommuCapability.ENFORCE_CACHE_COHERENCY, IommuCapability.INTERRUPT_ISOLATION);
        capabilities.add(IommuCapability.CACHE_COHERENCY);
        VfioRig rig = new VfioRig.Plan()
                .host(MockHost.intel(48).withCapabilities(capabilities))
                .boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        assertThat(ready.container().checkExtension(Container.DMA_CC_IOMMU)).isEqualTo(1);
        ready.close();
        rig.finish();
    }

    @Test
    void anIommuNeedsAGroupAndIsSetOnce() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE);
        Container container = rig.container();
        for (int type : new int[] {1, 3, 7, 8, 99}) {
            assertThat(errnoOf(() -> container.setIommu(type))).isEqualTo(Errno.EINVAL);
        }
        GroupFile group = rig.open(VfioRig.SINGLE);
        group.setContainer(container);
        for (int type : new int[] {0, 7, 8, 99, -1}) {
            assertThat(errnoOf(() -> container.setIommu(type))).isEqualTo(Errno.ENODEV);
        }
        for (int type : new int[] {6, 9}) {
            assertThat(errnoOf(() -> container.setIommu(type))).isEqualTo(Errno.EINVAL);
        }
        container.setIommu(Container.TYPE1V2_IOMMU);
        assertThat(rig.vfio.type1References()).isEqualTo(1);
        assertThat(errnoOf(() -> container.setIommu(Container.TYPE1_IOMMU))).isEqualTo(Errno.EINVAL);
        group.close();
        container.close();
        rig.finish();
    }

    @Test
    void withoutAnIommuNothingCanBeMapped() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE);
        Container container = rig.container();
        GroupFile group = rig.open(VfioRig.SINGLE);
        group.setContainer(container);
        assertThat(errnoOf(() -> container.getInfo(ROOM))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> container.mapDma(new MapRequest(0, VfioRig.PAGE, VfioRig.MEMORY, 3))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> container.unmapDma(new UnmapRequest(0, VfioRig.PAGE, 0))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> container.dirtyPages(DirtyRequest.of(DirtyRequest.START))))
                .isEqualTo(Errno.EINVAL);
        group.close();
        container.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void infoListsItsCapabilitiesInTheKernelsOrder(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        IommuInfo info = ready.container().getInfo(ROOM);
        assertThat(info.argsz()).isEqualTo(ROOM);
        assertThat(info.flags()).isEqualTo(3);
        assertThat(info.pageSizes()).isEqualTo(new PageSizes(0x4020_1000L));
        assertThat(info.capabilities())
                .containsExactly(
                        new IommuInfo.Migration(new PageSizes(0x1000), 268435456),
                        new IommuInfo.DmaAvailable(65534),
                        new IommuInfo.IovaRanges(List.of(
                                new IovaRange(0, 0xFEDF_FFFFL), new IovaRange(0xFEF0_0000L, 0xFFFF_FFFF_FFFFL))));
        assertThat(info.capabilities()).extracting(IommuInfo.Capability::id).containsExactly(2, 3, 1);
        int needed = release == KernelRelease.V6_1 ? 116 : 120;
        for (int argsz : new int[] {16, needed - 1}) {
            IommuInfo small = ready.container().getInfo(argsz);
            assertThat(small.argsz()).isEqualTo(needed);
            assertThat(small.flags()).isEqualTo(3);
            assertThat(small.capabilities()).isEmpty();
        }
        assertThat(ready.container().getInfo(needed).capabilities()).hasSize(3);
        assertThat(errnoOf(() -> ready.container().getInfo(15))).isEqualTo(Errno.EINVAL);
        ready.close();
        rig.finish();
    }

    @Test
    void pageSizesBelowAPageCountAsAPage() {
        MockHost intel = MockHost.intel(48);
        MockHost small = new MockHost(
                intel.kind(),
                new PageSizes(0x200),
                intel.aperture(),
                intel.capabilities(),
                intel.msiWindow(),
                intel.msiType(),
                List.of(),
                MockHost.Boundary.NO,
                MockHost.Boundary.NO,
                MockHost.Boundary.NO);
        VfioRig rig = new VfioRig.Plan().host(small).boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        assertThat(ready.container().getInfo(ROOM).pageSizes()).isEqualTo(new PageSizes(0x1000));
        assertThat(errnoOf(() -> ready.map(0x200, VfioRig.PAGE, VfioRig.MEMORY)))
                .isEqualTo(Errno.EINVAL);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        ready.close();
        rig.finish();
    }

    @Test
    void groupsThatCouldForgeInterruptsNeedTheParameterOnEveryAttach() {
        VfioRig rig = new VfioRig.Plan()
                .host(MockHost.intel(48).withCapabilities(Set.of(IommuCapability.CACHE_COHERENCY)))
                .boot()
                .give(VfioRig.SINGLE, VfioRig.LONE);
        Container container = rig.container();
        GroupFile single = rig.open(VfioRig.SINGLE);
        GroupFile lone = rig.open(VfioRig.LONE);
        single.setContainer(container);
        rig.messages();
        assertThat(errnoOf(() -> container.setIommu(Container.TYPE1_IOMMU))).isEqualTo(Errno.EPERM);
        assertThat(rig.messages()).singleElement().asString().contains("No interrupt remapping support");
        assertThat(rig.status(single)).isEqualTo(3);
        assertThat(rig.vfio.type1References()).isZero();

        rig.vfio.setAllowUnsafeInterrupts(AllowUnsafe.YES);
        assertThat(rig.vfio.allowUnsafeInterrupts().text()).isEqualTo("Y");
        container.setIommu(Container.TYPE1_IOMMU);
        rig.vfio.setAllowUnsafeInterrupts(AllowUnsafe.NO);
        container.mapDma(new MapRequest(0, VfioRig.PAGE, VfioRig.MEMORY, 3));
        assertThat(errnoOf(() -> lone.setContainer(container))).isEqualTo(Errno.EPERM);
        assertThat(rig.status(lone)).isEqualTo(1);
        lone.close();
        single.close();
        container.close();
        rig.finish();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Y", "y\n", "1", "true", "on", "On"})
    void theParameterTakesAYes(String text) {
        assertThat(AllowUnsafe.parse(text)).isEqualTo(AllowUnsafe.YES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"N", "n\n", "0", "false", "off", "OFF"})
    void theParameterTakesANo(String text) {
        assertThat(AllowUnsafe.parse(text)).isEqualTo(AllowUnsafe.NO);
        assertThat(AllowUnsafe.parse(text).text()).isEqualTo("N");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "o", "maybe"})
    void theParameterTakesNothingElse(String text) {
        assertThat(errnoOf(() -> AllowUnsafe.parse(text))).isEqualTo(Errno.EINVAL);
    }

    @Test
    void vfioPciTakesNeitherBridgesNorDevicesWithoutACoherentIommu() {
        VfioRig rig = new VfioRig.Plan()
                .second(new MockIommuDriver(
                        "incoherent", MockHost.intel(48).withCapabilities(Set.of(IommuCapability.INTERRUPT_ISOLATION))))
                .boot();
        assertThat(errnoOf(() -> rig.give(VfioRig.BRIDGE))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> rig.give(VfioRig.FOREIGN))).isEqualTo(Errno.EINVAL);
        assertThat(rig.vfio.pciDriver().matches(rig.node(VfioRig.SINGLE))).isFalse();
        rig.finish();
    }
}
