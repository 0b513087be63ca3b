package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.MEMORY;
import static io.github.iommu4j.testkit.vfio.VfioRig.PAGE;
import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.IommuInfo;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.testkit.machine.MockHost;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MapTest {

    private static final long LAST_PAGE = -PAGE;
    private static final int ROOM = 4096;

    private static MapRequest request(long iova, long size, long vaddr, int flags) {
        return new MapRequest(iova, size, vaddr, flags);
    }

    @Test
    void aMappingIsSeenByTheDeviceAndPinned() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        long frame = rig.memory.write(MEMORY + PAGE);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0x10_0000, 2 * PAGE, MEMORY);
        OptionalLong translated = rig.iommu.translate(rig.node(VfioRig.SINGLE), 0x10_1234, Access.READ);
        assertThat(translated).hasValue(frame + 0x234);
        assertThat(rig.memory.pinned()).isEqualTo(2);
        assertThat(rig.accounting.lockedKiB()).isEqualTo(8);
        assertThat(ready.unmap(0x10_0000, 2 * PAGE)).isEqualTo(2 * PAGE);
        assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), 0x10_1234, Access.READ))
                .isEmpty();
        ready.close();
        rig.finish();
    }

    @Test
    void flagsAndArgumentsAreLookedAtFirst() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Container container = ready.container();
        List<MapRequest> bad = List.of(
                new MapRequest(0, PAGE, MEMORY, 3, 31),
                request(0, PAGE, MEMORY, 8),
                request(0, PAGE, MEMORY, 0x80 | 3),
                request(0, PAGE, MEMORY, 0),
                request(0, PAGE, MEMORY, 7),
                request(0, PAGE, MEMORY, 5),
                request(0, 0, MEMORY, 3),
                request(0x800, PAGE, MEMORY, 3),
                request(0, 0x800, MEMORY, 3),
                request(0, PAGE, MEMORY + 0x800, 3),
                request(0xFFF, 0x1001, MEMORY, 3));
        for (MapRequest each : bad) {
            assertThat(errnoOf(() -> container.mapDma(each))).as("%s", each).isEqualTo(Errno.EINVAL);
        }
        container.mapDma(new MapRequest(0, PAGE, MEMORY, 3, -1));
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void aRangeMustNotWrap(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Errno wraps = release == KernelRelease.V7_2 ? Errno.EOVERFLOW : Errno.EINVAL;
        assertThat(errnoOf(() -> ready.map(LAST_PAGE, 2 * PAGE, MEMORY))).isEqualTo(wraps);
        assertThat(errnoOf(() -> ready.map(2 * PAGE, LAST_PAGE, MEMORY))).isEqualTo(wraps);
        assertThat(errnoOf(() -> ready.map(0, 2 * PAGE, LAST_PAGE))).isEqualTo(wraps);
        assertThat(errnoOf(() -> ready.unmap(LAST_PAGE, 2 * PAGE))).isEqualTo(wraps);
        assertThat(errnoOf(() -> ready.map(LAST_PAGE + 1, 2 * PAGE, MEMORY))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> ready.map(LAST_PAGE, PAGE, MEMORY)))
                .as("outside the aperture")
                .isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> ready.map(0, PAGE, LAST_PAGE)))
                .as("no memory there")
                .isEqualTo(Errno.EFAULT);
        ready.close();
        rig.finish();
    }

    @Test
    void anOverlapIsFoundBeforeTheRangeIsChecked() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0xFEDF_F000L, PAGE, MEMORY);
        ready.map(0x4000, 2 * PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.map(0xFEDF_E000L, 3 * PAGE, MEMORY))).isEqualTo(Errno.EEXIST);
        for (long iova = 0x3000; iova <= 0x5000; iova += PAGE) {
            long at = iova;
            assertThat(errnoOf(() -> ready.map(at, 2 * PAGE, MEMORY))).isEqualTo(Errno.EEXIST);
        }
        assertThat(errnoOf(() -> ready.map(0x3000, 8 * PAGE, MEMORY))).isEqualTo(Errno.EEXIST);
        ready.map(0x2000, 2 * PAGE, MEMORY);
        ready.map(0x6000, 2 * PAGE, MEMORY);
        ready.close();
        rig.finish();
    }

    @Test
    void onlyAddressesThatAreTranslatedAndNotReservedCanBeMapped() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        rig.iommu.reserving(device -> List.of(
                reserved(0, 0xFFF, ReservedRegion.Type.DIRECT_RELAXABLE),
                reserved(0x10_0000, 0x1F_FFFF, ReservedRegion.Type.RESERVED),
                reserved(0x30_0000, 0x3F_FFFF, ReservedRegion.Type.SW_MSI)));
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        for (long iova : new long[] {0x10_0000, 0x1F_F000, 0x30_0000, 0xFEE0_0000L, 0xFEEF_F000L, 1L << 48}) {
            assertThat(errnoOf(() -> ready.map(iova, PAGE, MEMORY)))
                    .as("0x%x", iova)
                    .isEqualTo(Errno.EINVAL);
        }
        assertThat(errnoOf(() -> ready.map(0xF_F000, 2 * PAGE, MEMORY))).isEqualTo(Errno.EINVAL);
        for (long iova : new long[] {0xF_F000, 0x20_0000, 0x2F_F000, 0x40_0000, 0xFEF0_0000L, (1L << 48) - PAGE}) {
            ready.map(iova, PAGE, MEMORY);
        }
        ready.close();
        rig.finish();
    }

    private static ReservedRegion reserved(long start, long last, ReservedRegion.Type type) {
        return new ReservedRegion(new IovaRange(start, last), Prot.READ_WRITE, type);
    }

    @Test
    void memoryMustBeThereAndWritableForWriting() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Container container = ready.container();
        assertThat(errnoOf(() -> ready.map(0, PAGE, 0))).isEqualTo(Errno.EFAULT);
        assertThat(errnoOf(() -> ready.map(0, 2 * PAGE, MEMORY + (16 << 20) - PAGE)))
                .as("the second page is missing")
                .isEqualTo(Errno.EFAULT);
        assertThat(errnoOf(() -> ready.map(0, PAGE, VfioRig.READ_ONLY))).isEqualTo(Errno.EFAULT);
        assertThat(errnoOf(() -> container.mapDma(request(0, PAGE, VfioRig.READ_ONLY, MapRequest.WRITE))))
                .isEqualTo(Errno.EFAULT);
        assertThat(rig.memory.pinned()).isZero();
        assertThat(rig.accounting.lockedKiB()).isZero();
        container.mapDma(request(0, PAGE, VfioRig.READ_ONLY, MapRequest.READ));
        container.mapDma(request(PAGE, PAGE, MEMORY, MapRequest.WRITE));
        assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), 0, Access.WRITE))
                .isEmpty();
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void thePageOfZerosIsNotLocked(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.memory.write(MEMORY + PAGE);
        ready.container().mapDma(request(0, 4 * PAGE, MEMORY, MapRequest.READ));
        assertThat(rig.accounting.lockedKiB()).isEqualTo(release == KernelRelease.V6_1 ? 4 : 16);
        assertThat(ready.unmapAll()).isEqualTo(4 * PAGE);
        assertThat(rig.accounting.lockedKiB()).isZero();
        ready.close();
        rig.finish();
    }

    @Test
    void scatteredMemoryIsMappedInPiecesAndWhole() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        for (long page = 7; page >= 0; page--) {
            rig.memory.write(MEMORY + page * PAGE);
        }
        ready.map(0, 8 * PAGE, MEMORY);
        for (long page = 0; page < 8; page++) {
            assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), page * PAGE, Access.WRITE))
                    .hasValue(rig.memory.read(MEMORY + page * PAGE));
        }
        assertThat(ready.unmap(0, 8 * PAGE)).isEqualTo(8 * PAGE);
        ready.map(0, 4 << 20, VfioRig.REPEATED);
        assertThat(rig.accounting.lockedKiB()).isEqualTo(4096);
        ready.close();
        rig.finish();
    }

    @Test
    void theSameMemoryMappedTwiceIsLockedTwice() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        ready.map(PAGE, PAGE, MEMORY);
        assertThat(rig.accounting.lockedKiB()).isEqualTo(8);
        ready.close();
        rig.finish();
    }

    @Test
    void theLimitOfLockedMemoryHoldsWithoutIpcLock() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.accounting.setLimit(8 * PAGE + 1);
        ready.map(0, 16 * PAGE, MEMORY);
        rig.accounting.setCapabilities(new UserCapabilities(Set.of()));
        rig.messages();
        assertThat(errnoOf(() -> ready.map(0x10_0000, PAGE, MEMORY))).isEqualTo(Errno.ENOMEM);
        assertThat(rig.messages()).containsExactly("vfio_pin_pages_remote: RLIMIT_MEMLOCK (32768) exceeded");
        ready.unmapAll();
        assertThat(errnoOf(() -> ready.map(0, 9 * PAGE, MEMORY))).isEqualTo(Errno.ENOMEM);
        assertThat(rig.memory.pinned()).isZero();
        ready.map(0, 8 * PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.map(0x10_0000, PAGE, MEMORY))).isEqualTo(Errno.ENOMEM);
        rig.accounting.setLimit(MemoryAccounting.UNLIMITED);
        ready.map(0x10_0000, PAGE, MEMORY);
        ready.close();
        rig.finish();
    }

    @Test
    void thePageOfZerosNeedsNoRoomUnderTheLimit() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_1);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.accounting.setLimit(0);
        rig.accounting.setCapabilities(new UserCapabilities(Set.of()));
        ready.container().mapDma(request(0, 2 * PAGE, MEMORY, MapRequest.READ));
        assertThat(rig.memory.pinned()).isEqualTo(2);
        ready.close();
        rig.finish();
    }

    @Test
    void theEntryLimitIsTakenWhenTheIommuIsSet() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        assertThat(rig.vfio.dmaEntryLimit()).isEqualTo(65535);
        rig.vfio.setDmaEntryLimit(2);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.vfio.setDmaEntryLimit(100);
        ready.map(0, PAGE, MEMORY);
        ready.map(PAGE, PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.map(2 * PAGE, PAGE, MEMORY))).isEqualTo(Errno.ENOSPC);
        assertThat(errnoOf(() -> ready.map(PAGE, PAGE, MEMORY))).isEqualTo(Errno.EEXIST);
        assertThat(errnoOf(() -> ready.map(1L << 50, PAGE, MEMORY))).isEqualTo(Errno.ENOSPC);
        assertThat(ready.container().getInfo(ROOM).capabilities()).contains(new IommuInfo.DmaAvailable(0));
        ready.unmap(0, PAGE);
        ready.map(2 * PAGE, PAGE, MEMORY);
        assertThat(ready.unmapAll()).isEqualTo(2 * PAGE);
        assertThat(ready.container().getInfo(ROOM).capabilities()).contains(new IommuInfo.DmaAvailable(2));
        ready.close();
        rig.finish();
    }

    @Test
    void theAddressOfAMappingInTheProcessCanBeChanged() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.LONE);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Container container = ready.container();
        MapRequest move = request(0, 2 * PAGE, MEMORY + (1 << 20), MapRequest.VADDR);
        assertThat(errnoOf(() -> container.mapDma(move))).isEqualTo(Errno.ENOENT);
        ready.map(0, 2 * PAGE, MEMORY);
        ready.map(4 * PAGE, PAGE, MEMORY);
        assertThat(errnoOf(() -> container.mapDma(move))).as("still valid").isEqualTo(Errno.EINVAL);
        UnmapRequest invalidate = new UnmapRequest(0, 0, UnmapRequest.VADDR | UnmapRequest.ALL);
        assertThat(container.unmapDma(invalidate).size()).isEqualTo(3 * PAGE);
        assertThat(errnoOf(() -> container.unmapDma(invalidate)))
                .as("invalid already")
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.accounting.lockedKiB()).isEqualTo(12);

        var lone = rig.open(VfioRig.LONE);
        assertThat(errnoOf(() -> lone.setContainer(container))).isEqualTo(Errno.EBUSY);
        assertThat(errnoOf(() -> container.mapDma(request(0, PAGE, MEMORY, MapRequest.VADDR))))
                .as("another size")
                .isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> container.mapDma(request(PAGE, 2 * PAGE, MEMORY, MapRequest.VADDR))))
                .as("another start")
                .isEqualTo(Errno.EINVAL);
        container.mapDma(move);
        assertThat(errnoOf(() -> lone.setContainer(container))).isEqualTo(Errno.EBUSY);
        assertThat(ready.unmap(4 * PAGE, PAGE)).isEqualTo(PAGE);
        lone.setContainer(container);
        lone.close();
        ready.close();
        rig.finish();
    }

    @Test
    void aFailedInvalidationLeavesEveryAddressValid() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        ready.map(PAGE, PAGE, MEMORY);
        UnmapRequest second = new UnmapRequest(PAGE, PAGE, UnmapRequest.VADDR);
        UnmapRequest both = new UnmapRequest(0, 2 * PAGE, UnmapRequest.VADDR);
        assertThat(ready.container().unmapDma(second).size()).isEqualTo(PAGE);
        assertThat(errnoOf(() -> ready.container().unmapDma(both))).isEqualTo(Errno.EINVAL);
        ready.container().mapDma(request(PAGE, PAGE, MEMORY, MapRequest.VADDR));
        assertThat(ready.container().unmapDma(both).size()).isEqualTo(2 * PAGE);
        ready.close();
        rig.finish();
    }

    @Test
    void onAmdNothingIsMappedInWhatTheHardwareReserves() {
        VfioRig rig = new VfioRig.Plan().host(MockHost.amd()).boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        assertThat(errnoOf(() -> ready.map(0xFD_0000_0000L, PAGE, MEMORY))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> ready.map(0xFF_FFFF_F000L, PAGE, MEMORY))).isEqualTo(Errno.EINVAL);
        ready.map(0x100_0000_0000L, PAGE, MEMORY);
        ready.close();
        rig.finish();
    }
}
