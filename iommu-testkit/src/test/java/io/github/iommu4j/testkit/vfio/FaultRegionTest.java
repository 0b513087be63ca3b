package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.CacheInvalidation;
import io.github.iommu4j.api.CacheInvalidation.Granularity;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.FaultEvent.Unrecoverable;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.vfio.BindMsiRequest;
import io.github.iommu4j.core.vfio.CacheInvalidateRequest;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.FaultRegion;
import io.github.iommu4j.core.vfio.FaultRingReader;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.RegionInfo;
import io.github.iommu4j.core.vfio.UnbindMsiRequest;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** The fault regions and the controls of the nested series of 2019. */
final class FaultRegionTest {

    private static final int PRODUCER = 9;
    private static final int CONSUMER = 10;
    private static final int VERSION = 0;

    private static VfioRig.Plan plan(KernelRelease release, int entries) {
        SparseMemory memory = new SparseMemory();
        return new VfioRig.Plan()
                .release(release)
                .options(VfioOptions.DEFAULT.withNested(device -> new FaultRegion.Place(memory, 0x10_0000, entries)));
    }

    /** An open device with its user. */
    private static final class Scene {
        final VfioRig rig;
        final VfioRig.Ready ready;
        final DeviceFile file;
        final DeviceNode device;

        Scene(VfioRig rig) {
            this.rig = rig;
            ready = rig.ready(VfioRig.SINGLE);
            file = ready.group().getDevice(VfioRig.SINGLE);
            device = rig.node(VfioRig.SINGLE);
        }

        static Scene withEntries(int entries) {
            return new Scene(plan(KernelRelease.V6_1, entries).boot());
        }

        FaultRingReader reader() {
            return new FaultRingReader(
                    offset -> file.readRegion(PRODUCER, offset),
                    (offset, value) -> file.writeRegion(CONSUMER, offset, value));
        }

        @Nullable
        Errno report(int number) {
            return rig.machine.core().faults().report(device, fault(number));
        }

        int header(int offset) {
            long word = file.readRegion(PRODUCER, offset & ~7);
            return (int) (word >>> (offset % 8 * 8));
        }

        void close() {
            file.close();
            ready.close();
            rig.unbind(VfioRig.SINGLE, "vfio-pci");
            rig.finish();
        }
    }

    private static FaultEvent fault(int number) {
        return new Unrecoverable(FaultReason.PTE_FETCH, FaultEvent.READ, -1, 0x1000L * number, 0);
    }

    @Test
    void F70_fieldsOfTheRegionsDoNotOverlap() throws ClassNotFoundException {
        LayoutAssert.fieldsFormWords(Class.forName(FaultRegion.class.getPackageName() + ".FaultRegionLayout"), 4);
    }

    @Test
    void F70_theHeaderSaysWhereTheRingIsAndNoVersionUntilOneIsChosen() {
        Scene scene = Scene.withEntries(64);
        assertThat(scene.header(0)).isEqualTo(-1);
        assertThat(scene.header(4)).isEqualTo(4096);
        for (int offset : new int[] {8, 12, 16}) {
            assertThat(scene.header(offset)).isZero();
        }
        for (int version : new int[] {0, 2, -1}) {
            assertThat(errnoOf(() -> scene.file.writeRegion(CONSUMER, VERSION, version)))
                    .isEqualTo(Errno.EINVAL);
        }
        assertThat(scene.header(0)).isEqualTo(-1);
        scene.file.writeRegion(CONSUMER, VERSION, 1);
        assertThat(scene.header(0)).isEqualTo(1);
        assertThat(scene.header(12)).isEqualTo(64);
        assertThat(scene.header(16)).isEqualTo(64);
        assertThat(errnoOf(() -> scene.file.writeRegion(CONSUMER, VERSION, 1))).isEqualTo(Errno.EINVAL);
        scene.close();
    }

    @Test
    void F71_faultsAreRefusedUntilAVersionIsChosenAndThenRead() {
        Scene scene = Scene.withEntries(64);
        assertThat(scene.report(1)).isEqualTo(Errno.EINVAL);
        FaultRingReader reader = scene.reader();
        reader.open(7);
        assertThat(reader.poll()).isNull();
        for (int i = 2; i < 5; i++) {
            assertThat(scene.report(i)).isNull();
        }
        assertThat(scene.header(8)).isEqualTo(3);
        for (int i = 2; i < 5; i++) {
            assertThat(reader.poll()).isEqualTo(fault(i));
        }
        assertThat(reader.poll()).isNull();
        scene.close();
    }

    @Test
    void F71_theSignalComesWhenTheFaultCanBeRead() {
        Scene scene = Scene.withEntries(4);
        FaultRingReader reader = scene.reader();
        reader.open(1);
        List<FaultEvent> seen = new ArrayList<>();
        scene.file.setFaultTrigger(() -> seen.add(fault(scene.header(8))));
        assertThat(scene.report(1)).isNull();
        assertThat(scene.report(2)).isNull();
        assertThat(seen).containsExactly(fault(1), fault(2));
        scene.file.setFaultTrigger(null);
        assertThat(scene.report(3)).isNull();
        assertThat(scene.report(4)).isEqualTo(Errno.EINVAL);
        assertThat(seen).hasSize(2);
        scene.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 64})
    void F72_oneEntryStaysEmptyAndWhatFindsNoRoomIsDropped(int entries) {
        Scene scene = Scene.withEntries(entries);
        FaultRingReader reader = scene.reader();
        reader.open(1);
        int next = 0;
        for (int round = 0; round < 3 * entries; round++) {
            for (int i = 0; i < entries - 1; i++) {
                assertThat(scene.report(next + i)).isNull();
            }
            assertThat(scene.report(999)).isEqualTo(Errno.EINVAL);
            for (int i = 0; i < entries - 1; i++) {
                assertThat(reader.poll()).isEqualTo(fault(next + i));
            }
            next += entries - 1;
        }
        assertThat(reader.poll()).isNull();
        scene.close();
    }

    @Test
    void F73_aPageRequestIsRefusedSoThatTheReporterAnswers() {
        Scene scene = Scene.withEntries(4);
        scene.reader().open(1);
        FaultEvent request = new PageRequest(-1, 1, 1, 0, Traits.LAST);
        assertThat(scene.rig.machine.core().faults().report(scene.device, request))
                .isEqualTo(Errno.EOPNOTSUPP);
        assertThat(scene.rig.machine.core().faults().pending(scene.device)).isEmpty();
        scene.close();
    }

    @Test
    void F74_oneRegionIsReadAndTheOtherWritten() {
        Scene scene = Scene.withEntries(4);
        assertThat(scene.file.info().regions()).isEqualTo(11);
        RegionInfo producer = scene.file.regionInfo(PRODUCER);
        assertThat(producer)
                .isEqualTo(new RegionInfo(
                        RegionInfo.READ | RegionInfo.MMAP, 8192, new RegionInfo.FaultAbis(1, FaultRegion.NEWEST_ABI)));
        assertThat(scene.file.regionInfo(CONSUMER)).isEqualTo(new RegionInfo(RegionInfo.WRITE, 8, null));
        assertThat(scene.file.regionInfo(0)).isEqualTo(new RegionInfo(0, 0, null));
        for (int index : new int[] {-1, 11}) {
            assertThat(errnoOf(() -> scene.file.regionInfo(index))).isEqualTo(Errno.EINVAL);
        }
        assertThat(errnoOf(() -> scene.file.readRegion(CONSUMER, 0))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> scene.file.writeRegion(PRODUCER, 0, 1))).isEqualTo(Errno.EINVAL);
        for (int offset : new int[] {-8, 4, 8192, Integer.MIN_VALUE}) {
            assertThat(errnoOf(() -> scene.file.readRegion(PRODUCER, offset))).isEqualTo(Errno.EINVAL);
        }
        for (int offset : new int[] {-4, 1, 8, Integer.MAX_VALUE}) {
            assertThat(errnoOf(() -> scene.file.writeRegion(CONSUMER, offset, 1)))
                    .isEqualTo(Errno.EINVAL);
        }
        scene.file.close();
        assertThat(errnoOf(() -> scene.file.readRegion(PRODUCER, 0))).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> scene.file.regionInfo(0))).isEqualTo(Errno.EBADF);
    }

    @Test
    void F74_theRegionLivesAsLongAsTheDeviceIsOpen() {
        Scene scene = Scene.withEntries(4);
        scene.reader().open(1);
        DeviceFile second = scene.ready.group().getDevice(VfioRig.SINGLE);
        second.close();
        assertThat(scene.report(1)).isNull();
        scene.file.close();
        assertThat(scene.report(2)).isEqualTo(Errno.EINVAL);
        DeviceFile again = scene.ready.group().getDevice(VfioRig.SINGLE);
        assertThat((int) again.readRegion(PRODUCER, 0)).isEqualTo(FaultRegion.NO_ABI);
        again.close();
        scene.ready.close();
        scene.rig.unbind(VfioRig.SINGLE, "vfio-pci");
        scene.rig.finish();
    }

    @Test
    void F74_aDeviceWithAnotherHandlerHasNoRegion() {
        VfioRig rig = plan(KernelRelease.V6_1, 4).boot();
        rig.machine.core().faults().register(rig.node(VfioRig.SINGLE), (device, event) -> null);
        Scene scene = new Scene(rig);
        assertThat(scene.file.info().regions()).isEqualTo(9);
        assertThat(errnoOf(() -> scene.file.setFaultTrigger(null))).isEqualTo(Errno.EINVAL);
        assertThat(rig.messages()).anyMatch(line -> line.contains("no fault region"));
    }

    @ParameterizedTest
    @EnumSource(value = KernelRelease.class, names = "V6_1", mode = Mode.EXCLUDE)
    void F74_withoutHandlersOfDevicesThereIsNoRegion(KernelRelease release) {
        Scene scene = new Scene(plan(release, 4).boot());
        assertThat(scene.file.info().regions()).isEqualTo(9);
        assertThat(errnoOf(() -> scene.file.regionInfo(PRODUCER))).isEqualTo(Errno.EINVAL);
        scene.close();
    }

    @Test
    void F74_aPlaceIsAlignedAndItsRingFits() {
        SparseMemory memory = new SparseMemory();
        assertThatIllegalArgumentException().isThrownBy(() -> new FaultRegion.Place(memory, 8, 4));
        assertThatIllegalArgumentException().isThrownBy(() -> new FaultRegion.Place(memory, 0, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FaultRegion.Place(memory, 0, FaultRegion.MOST_ENTRIES + 1));
    }

    @Test
    void aReaderTakesNoRingItDoesNotKnow() {
        FaultRingReader reader = new FaultRingReader(
                offset -> 0, (offset, value) -> assertThat(value).isEqualTo(1));
        assertThat(errnoOf(() -> reader.open(1))).isEqualTo(Errno.EINVAL);
        long[] smallEntries = {1 | 4096L << 32, 4L << 32, 32};
        FaultRingReader second = new FaultRingReader(offset -> smallEntries[offset / 8], (offset, value) -> {});
        assertThat(errnoOf(() -> second.open(1))).isEqualTo(Errno.EINVAL);
        long[] noEntries = {1 | 4096L << 32, 1L << 32, 64};
        FaultRingReader third = new FaultRingReader(offset -> noEntries[offset / 8], (offset, value) -> {});
        assertThat(errnoOf(() -> third.open(1))).isEqualTo(Errno.EINVAL);
    }

    private static final CacheInvalidation ALL =
            new CacheInvalidation(CacheInvalidation.IOTLB, Granularity.DOMAIN, 0, 0, 0);

    @Test
    void F76_msisAreBoundInEveryDomainOrUndoneInReverse() {
        MockIommuDriver second = new MockIommuDriver("iommu1", MockHost.arm());
        VfioRig rig = plan(KernelRelease.V6_12, 4).second(second).boot();
        rig.give(VfioRig.SINGLE, VfioRig.FOREIGN);
        Container container = rig.container();
        GroupFile first = rig.open(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        first.setContainer(container);
        foreign.setContainer(container);
        container.setIommu(Container.TYPE1V2_IOMMU);
        rig.iommu.failures().forget();
        second.failures().forget();
        container.bindMsi(BindMsiRequest.of(0x1000, 0x2000, 0x1000));
        container.unbindMsi(UnbindMsiRequest.of(0x1000));
        for (MockIommuDriver each : List.of(rig.iommu, second)) {
            assertThat(each.failures().log()).containsExactly("bind MSI 0x1000 to 0x2000", "unbind MSI 0x1000");
            each.failures().forget();
        }
        for (MockIommuDriver failing : List.of(rig.iommu, second)) {
            failing.failures().failWhen(call -> call.startsWith("bind"), Errno.ENOSPC);
            assertThat(errnoOf(() -> container.bindMsi(BindMsiRequest.of(0x1000, 0x2000, 0x1000))))
                    .isEqualTo(Errno.ENOSPC);
            failing.failures().failNothing();
        }
        long bound = binds(rig.iommu) + binds(second);
        long unbound = unbinds(rig.iommu) + unbinds(second);
        assertThat(bound - unbound).as("the failing binds are not undone").isEqualTo(2);
        assertThat(unbound).as("one was done before the other failed").isEqualTo(1);
    }

    private static long binds(MockIommuDriver driver) {
        return driver.failures().log().stream()
                .filter(call -> call.startsWith("bind"))
                .count();
    }

    private static long unbinds(MockIommuDriver driver) {
        return driver.failures().log().stream()
                .filter(call -> call.startsWith("unbind"))
                .count();
    }

    @Test
    void F76_invalidationsReachEveryDevice() {
        VfioRig rig = plan(KernelRelease.V6_1, 4).boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.iommu.failures().forget();
        ready.container().invalidateCache(CacheInvalidateRequest.of(ALL));
        assertThat(rig.iommu.failures().log()).containsExactly("invalidate DOMAIN of " + VfioRig.SINGLE);
        rig.iommu.failures().failWhen(call -> call.startsWith("invalidate"), Errno.EIO);
        assertThat(errnoOf(() -> ready.container().invalidateCache(CacheInvalidateRequest.of(ALL))))
                .isEqualTo(Errno.EIO);
    }

    @Test
    void F76_shortStructuresAndFlagsAreRefused() {
        VfioRig rig = plan(KernelRelease.V6_1, 4).boot();
        Container container = rig.ready(VfioRig.SINGLE).container();
        for (int flags : new int[] {0, 1}) {
            int missing = flags == 0 ? 1 : 0;
            assertThat(errnoOf(() -> container.bindMsi(new BindMsiRequest(32 - missing, flags, 0, 0, 0))))
                    .isEqualTo(Errno.EINVAL);
            assertThat(errnoOf(() -> container.unbindMsi(new UnbindMsiRequest(16 - missing, flags, 0))))
                    .isEqualTo(Errno.EINVAL);
            assertThat(errnoOf(() -> container.invalidateCache(
                            new CacheInvalidateRequest(CacheInvalidateRequest.ARGSZ - missing, flags, ALL))))
                    .isEqualTo(Errno.EINVAL);
        }
        container.unbindMsi(new UnbindMsiRequest(-1, 0, 0x7000));
    }

    @Test
    void F76_withoutTheSeriesTheControlsDoNotExist() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_1);
        Container without = rig.container();
        assertThat(errnoOf(() -> without.unbindMsi(UnbindMsiRequest.of(0)))).isEqualTo(Errno.EINVAL);
        Container container = rig.ready(VfioRig.SINGLE).container();
        assertThat(errnoOf(() -> container.bindMsi(BindMsiRequest.of(0, 0, 0)))).isEqualTo(Errno.ENOTTY);
        assertThat(errnoOf(() -> container.unbindMsi(UnbindMsiRequest.of(0)))).isEqualTo(Errno.ENOTTY);
        assertThat(errnoOf(() -> container.invalidateCache(CacheInvalidateRequest.of(ALL))))
                .isEqualTo(Errno.ENOTTY);
    }
}
