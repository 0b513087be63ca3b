package io.github.iommu4j.core.dmabuf;

import static io.github.iommu4j.core.dmabuf.BufferRig.PAGE;
import static io.github.iommu4j.core.dmabuf.BufferRig.errnoOf;
import static io.github.iommu4j.core.dmabuf.DmaDirection.TO_DEVICE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.core.dmabuf.BufferRig.Pages;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SystemHeapTest {

    private static final long MIB = 1 << 20;

    private final BufferRig rig = new BufferRig();

    private SystemHeap heap(Pages pages) {
        return new SystemHeap(rig.dmaBufs, new DirectMapper(), pages);
    }

    @Test
    void D16_theLargestPiecesComeFirst() {
        Pages pages = new Pages(4 * MIB, MIB);
        DmaBuf buffer = heap(pages).allocate(MIB + 0x10000 + 1);
        assertThat(buffer.size()).isEqualTo(MIB + 0x11000);
        assertThat(pages.given.values()).containsExactlyInAnyOrder(MIB, 0x10000L, 0x1000L);
        buffer.put();
        assertThat(pages.given).isEmpty();
    }

    @Test
    void D16_smallerPiecesServeWhenThereAreNoLargerOnes() {
        Pages pages = new Pages(4 * MIB, PAGE);
        DmaBuf buffer = heap(pages).allocate(0x20000);
        assertThat(pages.given).hasSize(32);
        buffer.put();
    }

    @Test
    void D17_whatFailsLeavesNothingAllocated() {
        Pages pages = new Pages(0x18000, PAGE);
        assertThat(errnoOf(() -> heap(pages).allocate(0x20000))).isEqualTo(Errno.ENOMEM);
        rig.dmaBufs.limitFiles(0);
        assertThat(errnoOf(() -> heap(pages).allocate(0x10000))).isEqualTo(Errno.ENFILE);
        assertThat(errnoOf(() -> heap(pages).allocate(0))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> heap(pages).allocate(-1))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> heap(pages).allocate(Long.MAX_VALUE))).isEqualTo(Errno.EINVAL);
        assertThat(pages.given).isEmpty();
        assertThat(rig.dmaBufs.census()).isEqualTo(DmaBufCensus.NOTHING);
    }

    @Test
    void D18_devicesAndTheCpuSeeTheSamePages() {
        Pages pages = new Pages(4 * MIB, PAGE);
        DmaBuf buffer = heap(pages).allocate(4 * PAGE);
        DmaBufAttachment attachment = buffer.attach(rig.device("dss"));
        ScatterList list = attachment.map(TO_DEVICE);
        CpuMapping kernel = buffer.vmap();
        VmArea user = buffer.mmap(new PageRange(1, 3));
        buffer.beginCpuAccess(TO_DEVICE);
        IntStream.range(0, 4)
                .forEach(page -> assertThat(kernel.pa((long) page * PAGE))
                        .isEqualTo(list.dmaRanges().get(page).address()));
        assertThat(user.pages().pa(0)).isEqualTo(kernel.pa(PAGE));
        buffer.endCpuAccess(TO_DEVICE);
        buffer.vunmap(kernel);
        attachment.unmap(list, TO_DEVICE);
        attachment.detach();
        buffer.put();
        assertThat(pages.given).hasSize(4);
        user.close();
        assertThat(pages.given).isEmpty();
    }

    @Test
    void D19_aDeviceThatDrivesTooFewBitsIsRefusedWithEio() {
        DmaBuf buffer = new SystemHeap(
                        rig.dmaBufs,
                        new DirectMapper(device -> device.name().equals("old") ? 32 : 64),
                        new Pages(MIB, PAGE))
                .allocate(PAGE);
        DmaBufAttachment old = buffer.attach(rig.device("old"));
        assertThat(errnoOf(() -> old.map(TO_DEVICE))).isEqualTo(Errno.EIO);
        DmaBufAttachment wide = buffer.attach(rig.device("wide"));
        new DirectMapper().setMask(wide.device(), 64);
        wide.unmap(wide.map(TO_DEVICE), TO_DEVICE);
        old.detach();
        wide.detach();
        buffer.put();
    }
}
