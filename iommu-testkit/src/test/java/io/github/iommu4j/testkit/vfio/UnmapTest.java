package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.MEMORY;
import static io.github.iommu4j.testkit.vfio.VfioRig.PAGE;
import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.vfio.BitmapRequest;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DirtyBitmap;
import io.github.iommu4j.core.vfio.DirtyRequest;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.core.vfio.UnmapResult;
import io.github.iommu4j.testkit.machine.MockHost;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UnmapTest {

    private static final long LAST_PAGE = -PAGE;
    private static final BitmapRequest WORD = new BitmapRequest(PAGE, 8);

    @ParameterizedTest
    @ValueSource(ints = {Container.TYPE1_IOMMU, Container.TYPE1V2_IOMMU})
    void badArgumentsAreRefused(int type) {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE, type);
        ready.map(0, PAGE, MEMORY);
        List<UnmapRequest> bad = List.of(
                new UnmapRequest(0, PAGE, 0, 23, null),
                new UnmapRequest(0, PAGE, 8),
                new UnmapRequest(0, PAGE, UnmapRequest.GET_DIRTY_BITMAP | UnmapRequest.ALL),
                new UnmapRequest(0, PAGE, UnmapRequest.GET_DIRTY_BITMAP | UnmapRequest.VADDR),
                new UnmapRequest(0, PAGE, UnmapRequest.GET_DIRTY_BITMAP, 47, WORD),
                new UnmapRequest(0, PAGE, UnmapRequest.GET_DIRTY_BITMAP, 48, null),
                new UnmapRequest(0x800, PAGE, 0),
                new UnmapRequest(0, 0x800, 0),
                new UnmapRequest(0, 0, 0),
                new UnmapRequest(PAGE, 0, UnmapRequest.ALL),
                new UnmapRequest(0, PAGE, UnmapRequest.ALL));
        for (UnmapRequest request : bad) {
            assertThat(errnoOf(() -> ready.container().unmapDma(request)))
                    .as("%s", request)
                    .isEqualTo(Errno.EINVAL);
        }
        assertThat(ready.unmapAll()).isEqualTo(PAGE);
        assertThat(ready.unmapAll()).isZero();
        assertThat(ready.unmap(0, PAGE)).as("a hole").isZero();
        ready.close();
        rig.finish();
    }

    @Test
    void theSecondVersionRefusesToCutAMapping() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0x4000, 4 * PAGE, MEMORY);
        ready.map(0xA000, 2 * PAGE, MEMORY);
        long[][] cuts = {{0x4000, 1}, {0x5000, 1}, {0x7000, 1}, {0x7000, 2}, {0x3000, 2}, {0x4000, 7}, {0x5000, 9}};
        for (long[] cut : cuts) {
            assertThat(errnoOf(() -> ready.unmap(cut[0], cut[1] * PAGE))).isEqualTo(Errno.EINVAL);
        }
        assertThat(ready.unmap(0x3000, 6 * PAGE)).isEqualTo(4 * PAGE);
        assertThat(ready.unmap(0, 1L << 40)).isEqualTo(2 * PAGE);
        ready.close();
        rig.finish();
    }

    @Test
    void theFirstVersionUnmapsWholeWhatBeginsInTheRange() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE, Container.TYPE1_IOMMU);
        ready.map(0x4000, 4 * PAGE, MEMORY);
        ready.map(0xA000, 2 * PAGE, MEMORY);
        assertThat(ready.unmap(0x5000, 8 * PAGE)).as("begins inside the first").isZero();
        assertThat(ready.unmap(0x4000, PAGE)).isEqualTo(4 * PAGE);
        assertThat(ready.unmap(0x5000, 6 * PAGE)).isEqualTo(2 * PAGE);
        assertThat(rig.accounting.lockedKiB()).isZero();
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void theWholeAddressSpaceCanBeUnmapped(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        ready.map(0x4000, 2 * PAGE, MEMORY);
        assertThat(ready.unmap(LAST_PAGE, PAGE)).isZero();
        assertThat(ready.unmap(0, LAST_PAGE)).isEqualTo(3 * PAGE);
        ready.close();
        rig.finish();
    }

    @Test
    void aMappingThatEndsTheAddressSpaceIsLikeAnyOther() {
        VfioRig rig = new VfioRig.Plan()
                .release(KernelRelease.V7_2)
                .host(MockHost.amd())
                .boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(LAST_PAGE, PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.map(LAST_PAGE, PAGE, MEMORY))).isEqualTo(Errno.EEXIST);
        ready.container().dirtyPages(DirtyRequest.of(DirtyRequest.START));
        DirtyBitmap dirty =
                ready.container().dirtyPages(DirtyRequest.get(new DirtyRequest.Range(LAST_PAGE, PAGE, WORD)));
        assertThat(dirty.words()).containsExactly(1L);
        assertThat(ready.unmap(LAST_PAGE, PAGE)).isEqualTo(PAGE);
        ready.map(LAST_PAGE - PAGE, 2 * PAGE, MEMORY);
        assertThat(ready.unmapAll()).isEqualTo(2 * PAGE);
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource(names = {"V6_1", "V6_12"})
    void oldKernelsLoseAMappingThatEndsTheAddressSpace(KernelRelease release) {
        VfioRig rig = new VfioRig.Plan().release(release).host(MockHost.amd()).boot();
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0x8000, PAGE, MEMORY);
        ready.map(LAST_PAGE, PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.map(LAST_PAGE, PAGE, MEMORY)))
                .as("found by the driver only")
                .isEqualTo(Errno.EEXIST);
        assertThat(ready.unmap(LAST_PAGE, PAGE)).isZero();
        assertThat(ready.unmap(0x8000, -0x8000L))
                .as("a range that ends the address space")
                .isZero();
        ready.map(0, PAGE, MEMORY);
        ready.container().dirtyPages(DirtyRequest.of(DirtyRequest.START));
        DirtyRequest.Range low = new DirtyRequest.Range(0, 9 * PAGE, WORD);
        assertThat(ready.container().dirtyPages(DirtyRequest.get(low)).words())
                .as("the walk stops where the lost one sorts")
                .containsExactly(1L);
        assertThat(errnoOf(() ->
                        ready.container().dirtyPages(DirtyRequest.get(new DirtyRequest.Range(LAST_PAGE, PAGE, WORD)))))
                .isEqualTo(Errno.EINVAL);
        assertThat(ready.unmap(0, 0x10000)).isEqualTo(PAGE);
        assertThat(ready.unmap(0x8000, PAGE)).isEqualTo(PAGE);
        assertThat(rig.accounting.lockedKiB()).isEqualTo(4);
        ready.map(0, PAGE, MEMORY);
        assertThat(ready.unmapAll()).as("it is behind what came later").isEqualTo(2 * PAGE);
        assertThat(rig.accounting.lockedKiB()).as("and stays pinned").isEqualTo(4);
        ready.close();
        assertThat(rig.memory.pinned()).isEqualTo(1);
        assertThat(rig.machine.shutDown()).isEmpty();
    }

    @Test
    void withoutTrackingThereAreNoBits() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Container container = ready.container();
        ready.map(0, 8 * PAGE, MEMORY);
        DirtyRequest get = DirtyRequest.get(new DirtyRequest.Range(0, 8 * PAGE, WORD));
        UnmapRequest unmap = UnmapRequest.withBitmap(0, 8 * PAGE, WORD);
        assertThat(errnoOf(() -> container.dirtyPages(get))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> container.unmapDma(unmap))).isEqualTo(Errno.EINVAL);
        assertThat(container.dirtyPages(DirtyRequest.of(DirtyRequest.STOP))).isEqualTo(DirtyBitmap.NONE);
        container.dirtyPages(DirtyRequest.of(DirtyRequest.START));
        container.dirtyPages(DirtyRequest.of(DirtyRequest.START));
        assertThat(container.dirtyPages(get).words()).containsExactly(0xFFL);
        assertThat(container.dirtyPages(get).words()).as("again").containsExactly(0xFFL);
        container.dirtyPages(DirtyRequest.of(DirtyRequest.STOP));
        assertThat(errnoOf(() -> container.dirtyPages(get))).isEqualTo(Errno.EINVAL);
        container.dirtyPages(DirtyRequest.of(DirtyRequest.START));
        UnmapResult result = container.unmapDma(unmap);
        assertThat(result.size()).isEqualTo(8 * PAGE);
        assertThat(result.bitmap().words()).containsExactly(0xFFL);
        assertThat(container.unmapDma(unmap).bitmap().words()).containsExactly(0L);
        ready.close();
        rig.finish();
    }

    @Test
    void bitsAreCountedFromTheStartOfTheRange() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.container().dirtyPages(DirtyRequest.of(DirtyRequest.START));
        ready.map(0x2000, 2 * PAGE, MEMORY);
        ready.map(0x3F000, 3 * PAGE, MEMORY);
        BitmapRequest two = new BitmapRequest(PAGE, 16);
        DirtyRequest get = DirtyRequest.get(new DirtyRequest.Range(0x1000, 0x50 * PAGE, two));
        assertThat(ready.container().dirtyPages(get).words()).containsExactly(0xC000_0000_0000_0006L, 1L);
        DirtyRequest nothing = DirtyRequest.get(new DirtyRequest.Range(0x10_0000, PAGE, WORD));
        assertThat(ready.container().dirtyPages(nothing).words()).containsExactly(0L);
        UnmapResult result = ready.container().unmapDma(UnmapRequest.withBitmap(0x1000, 0x50 * PAGE, two));
        assertThat(result.bitmap().words()).containsExactly(0xC000_0000_0000_0006L, 1L);
        ready.close();
        rig.finish();
    }

    @Test
    void rangeAndBitmapMustFit() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        Container container = ready.container();
        ready.map(0, 8 * PAGE, MEMORY);
        container.dirtyPages(DirtyRequest.of(DirtyRequest.START));
        List<DirtyRequest.Range> bad = List.of(
                new DirtyRequest.Range(0, 0, WORD),
                new DirtyRequest.Range(0, 4 * PAGE, WORD),
                new DirtyRequest.Range(PAGE, 7 * PAGE, WORD),
                new DirtyRequest.Range(0x800, 8 * PAGE, WORD),
                new DirtyRequest.Range(0, 0x8800, WORD),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(0, 8)),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(2 * PAGE, 8)),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(3 * PAGE, 8)),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(1L << 21, 8)),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(PAGE, 0)),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(PAGE, 4)),
                new DirtyRequest.Range(0, 65 * PAGE, WORD),
                new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(PAGE, (1L << 28) + 1)),
                new DirtyRequest.Range(0, LAST_PAGE, new BitmapRequest(PAGE, 1L << 28)),
                new DirtyRequest.Range(LAST_PAGE, 2 * PAGE, WORD));
        for (DirtyRequest.Range range : bad) {
            assertThat(errnoOf(() -> container.dirtyPages(DirtyRequest.get(range))))
                    .as("%s", range)
                    .isEqualTo(Errno.EINVAL);
        }
        DirtyRequest.Range large = new DirtyRequest.Range(0, 8 * PAGE, new BitmapRequest(PAGE, 1L << 28));
        assertThat(container.dirtyPages(DirtyRequest.get(large)).words()).containsExactly(0xFFL);
        DirtyRequest.Range huge = new DirtyRequest.Range(0, 1L << 43, new BitmapRequest(PAGE, 1L << 28));
        assertThat(container.dirtyPages(DirtyRequest.get(huge)).runs()).containsExactly(new DirtyBitmap.Run(0, 8));
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void aRangeThatWrapsIsRefusedAsTheReleaseDoes(KernelRelease release) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DirtyRequest wrapping = DirtyRequest.get(new DirtyRequest.Range(LAST_PAGE, 2 * PAGE, WORD));
        assertThat(errnoOf(() -> ready.container().dirtyPages(wrapping)))
                .isEqualTo(release == KernelRelease.V7_2 ? Errno.EOVERFLOW : Errno.EINVAL);
        ready.close();
        rig.finish();
    }

    @Test
    void oneKnownFlagIsWanted() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DirtyRequest.Range range = new DirtyRequest.Range(0, PAGE, WORD);
        List<DirtyRequest> bad = List.of(
                DirtyRequest.of(0),
                DirtyRequest.of(3),
                DirtyRequest.of(7),
                DirtyRequest.of(8),
                new DirtyRequest(DirtyRequest.START, 7, null),
                new DirtyRequest(DirtyRequest.GET_BITMAP, 47, range),
                new DirtyRequest(DirtyRequest.GET_BITMAP, 48, null));
        for (DirtyRequest request : bad) {
            assertThat(errnoOf(() -> ready.container().dirtyPages(request)))
                    .as("%s", request)
                    .isEqualTo(Errno.EINVAL);
        }
        ready.close();
        rig.finish();
    }

    @Test
    void theFirstVersionTracksNothing() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE, Container.TYPE1_IOMMU);
        for (int flags : new int[] {0, 1, 2, 4, 8}) {
            assertThat(errnoOf(() -> ready.container().dirtyPages(DirtyRequest.of(flags))))
                    .isEqualTo(Errno.EACCES);
        }
        ready.map(0, PAGE, MEMORY);
        assertThat(errnoOf(() -> ready.container().unmapDma(UnmapRequest.withBitmap(0, PAGE, WORD))))
                .isEqualTo(Errno.EINVAL);
        ready.close();
        rig.finish();
    }
}
