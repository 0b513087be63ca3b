package io.github.iommu4j.core.dmabuf;

import static io.github.iommu4j.core.dmabuf.BufferRig.PAGE;
import static io.github.iommu4j.core.dmabuf.BufferRig.errnoOf;
import static io.github.iommu4j.core.dmabuf.DmaDirection.BIDIRECTIONAL;
import static io.github.iommu4j.core.dmabuf.DmaDirection.FROM_DEVICE;
import static io.github.iommu4j.core.dmabuf.DmaDirection.TO_DEVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.core.dmabuf.BufferRig.Recorder;
import io.github.iommu4j.core.trace.KernelLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DmaBufTest {

    private final BufferRig rig = new BufferRig();
    private final Recorder exporter = new Recorder();
    private final DmaBuf buffer = export(rig);

    private DmaBuf export(BufferRig onRig) {
        return onRig.dmaBufs.export(ExportInfo.of("recorder", 2 * PAGE, exporter));
    }

    @AfterEach
    void nothingIsLeft() {
        if (buffer.references() > 0) {
            buffer.put();
        }
        assertThat(rig.dmaBufs.census()).isEqualTo(DmaBufCensus.NOTHING);
    }

    @Test
    void D01_theLastReferenceReleasesTheBuffer() {
        assertThat(rig.dmaBufs.buffers()).containsExactly(buffer);
        buffer.get();
        assertThat(buffer.references()).isEqualTo(2);
        buffer.put();
        assertThat(exporter.calls).isEmpty();
        buffer.put();
        assertThat(exporter.calls).containsExactly("release");
        assertThat(rig.dmaBufs.buffers()).isEmpty();
        assertThat(buffer.references()).isZero();
    }

    @Test
    void D01_aReleasedBufferCannotBeUsed() {
        buffer.put();
        assertThatThrownBy(buffer::get).isInstanceOf(AssertionError.class);
        assertThatThrownBy(buffer::put).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.attach(rig.device("a")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("after its release");
        assertThatThrownBy(() -> buffer.beginCpuAccess(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.endCpuAccess(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.mmap(new PageRange(0, 1))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(buffer::vmap).isInstanceOf(AssertionError.class);
    }

    @Test
    void D02_devicesAttachMapUnmapAndDetachOnTheirOwn() {
        DmaBufAttachment first = buffer.attach(rig.device("a"));
        DmaBufAttachment second = buffer.attach(rig.device("b"));
        assertThat(first.buffer()).isSameAs(buffer);
        ScatterList list = first.map(TO_DEVICE);
        ScatterList again = first.map(FROM_DEVICE);
        assertThat(list.dmaRanges())
                .extracting(ScatterList.DmaRange::address)
                .containsExactly(0x8_8000_0000L, 0x8_9000_0000L);
        assertThat(rig.dmaBufs.census()).isEqualTo(new DmaBufCensus(1, 2, 2, 0));
        first.unmap(list, TO_DEVICE);
        first.unmap(again, FROM_DEVICE);
        first.detach();
        second.detach();
        assertThat(exporter.calls)
                .containsExactly(
                        "attach a",
                        "attach b",
                        "map a TO_DEVICE",
                        "map a FROM_DEVICE",
                        "unmap a TO_DEVICE",
                        "unmap a FROM_DEVICE",
                        "detach a",
                        "detach b");
        assertThat(rig.dmaBufs.census()).isEqualTo(new DmaBufCensus(1, 0, 0, 0));
    }

    @Test
    void D03_whatTheExporterRefusesLeavesNothing() {
        exporter.failing = "attach a";
        assertThat(errnoOf(() -> buffer.attach(rig.device("a")))).isEqualTo(Errno.EIO);
        assertThat(rig.dmaBufs.census()).isEqualTo(new DmaBufCensus(1, 0, 0, 0));
        DmaBufAttachment attachment = buffer.attach(rig.device("b"));
        exporter.failing = "map b BIDIRECTIONAL";
        assertThat(errnoOf(() -> attachment.map(BIDIRECTIONAL))).isEqualTo(Errno.EIO);
        assertThat(rig.dmaBufs.census()).isEqualTo(new DmaBufCensus(1, 1, 0, 0));
        buffer.lock();
        buffer.unlock();
        attachment.detach();
    }

    @Test
    void D04_theExporterMapsUnderTheReservationLockAndAttachesWithoutIt() {
        DmaBufOps ops = new DmaBufOps() {
            @Override
            public void attach(DmaBufAttachment attachment) {
                attachment.buffer().lock();
                attachment.buffer().unlock();
            }

            @Override
            public void detach(DmaBufAttachment attachment) {
                attach(attachment);
            }

            @Override
            public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
                attachment.buffer().assertLocked();
                return new DirectMapper().map(attachment.device(), Recorder.MEMORY, direction);
            }

            @Override
            public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {
                attachment.buffer().assertLocked();
            }

            @Override
            public void release() {}
        };
        DmaBuf own = rig.dmaBufs.export(ExportInfo.of("plain", 2 * PAGE, ops));
        DmaBufAttachment attachment = own.attach(rig.device("a"));
        attachment.unmap(attachment.map(TO_DEVICE), TO_DEVICE);
        attachment.detach();
        own.beginCpuAccess(TO_DEVICE);
        own.endCpuAccess(TO_DEVICE);
        assertThat(errnoOf(() -> own.mmap(new PageRange(0, 1)))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(own::vmap)).isEqualTo(Errno.EINVAL);
        own.put();
    }

    @Test
    void D04_theLockedVariantsWantTheLockAndTheOthersMustNotHaveIt() {
        DmaBufAttachment attachment = buffer.attach(rig.device("a"));
        assertThatThrownBy(() -> attachment.mapLocked(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> attachment.unmapLocked(Recorder.MEMORY, TO_DEVICE))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(buffer::vmapLocked).isInstanceOf(AssertionError.class);
        buffer.lock();
        assertThatThrownBy(() -> attachment.map(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.attach(rig.device("b"))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.beginCpuAccess(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.endCpuAccess(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> buffer.mmap(new PageRange(0, 1))).isInstanceOf(AssertionError.class);
        attachment.unmapLocked(attachment.mapLocked(TO_DEVICE), TO_DEVICE);
        buffer.vunmapLocked(buffer.vmapLocked());
        buffer.unlock();
        attachment.detach();
    }

    @Test
    void D05_importersThatLoseCountAreWarnedOf() {
        BufferRig recording = new BufferRig(KernelLog.WarnPolicy.RECORD);
        DmaBuf other = export(recording);
        DmaBufAttachment attachment = other.attach(recording.device("a"));
        attachment.unmap(Recorder.MEMORY, TO_DEVICE);
        assertThat(recording.warnings()).singleElement().asString().contains("was not mapped");
        attachment.map(TO_DEVICE);
        attachment.detach();
        assertThat(recording.warnings()).singleElement().asString().contains("while mapped 1 times");
        attachment.detach();
        assertThat(recording.warnings()).singleElement().asString().contains("detached twice");
        assertThatThrownBy(() -> attachment.map(TO_DEVICE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> attachment.unmap(Recorder.MEMORY, TO_DEVICE))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("after it was detached");
        other.attach(recording.device("b"));
        other.vmap();
        other.put();
        assertThat(recording.warnings())
                .satisfiesExactly(
                        line -> assertThat(line).contains("released with 1 attachments"),
                        line -> assertThat(line).contains("while the kernel had it mapped"));
        assertThat(exporter.calls).endsWith("release").containsOnlyOnce("detach a");
        assertThat(recording.dmaBufs.census()).isEqualTo(DmaBufCensus.NOTHING);
    }

    @Test
    void D05_anExporterThatMapsWithoutRangesIsABrokenModel() {
        DmaBufOps ops = new DmaBufOps() {
            @Override
            public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
                return Recorder.MEMORY;
            }

            @Override
            public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {}

            @Override
            public void release() {}

            @Override
            public boolean hasMmap() {
                return true;
            }

            @Override
            public boolean hasVmap() {
                return true;
            }
        };
        DmaBuf odd = rig.dmaBufs.export(ExportInfo.of("odd", 2 * PAGE, ops));
        DmaBufAttachment attachment = odd.attach(rig.device("a"));
        assertThatThrownBy(() -> attachment.map(TO_DEVICE))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("without ranges");
        attachment.detach();
        assertThat(errnoOf(() -> odd.mmap(new PageRange(0, 1)))).isEqualTo(Errno.EINVAL);
        assertThatThrownBy(odd::vmap).isInstanceOf(AssertionError.class).hasMessageContaining("vmap");
        odd.put();
    }

    @Test
    void D06_theCpuLooksBetweenBeginAndEnd() {
        buffer.beginCpuAccess(FROM_DEVICE);
        buffer.endCpuAccess(FROM_DEVICE);
        assertThat(exporter.calls).containsExactly("begin FROM_DEVICE", "end FROM_DEVICE");
        exporter.failing = "begin TO_DEVICE";
        assertThat(errnoOf(() -> buffer.beginCpuAccess(TO_DEVICE))).isEqualTo(Errno.EIO);
        exporter.failing = "end TO_DEVICE";
        assertThat(errnoOf(() -> buffer.endCpuAccess(TO_DEVICE))).isEqualTo(Errno.EIO);
    }

    @Test
    void D07_mmapChecksForTheOperationThenForOverflowThenForTheEnd() {
        assertThat(errnoOf(() -> buffer.mmap(new PageRange(-1, 2)))).isEqualTo(Errno.EOVERFLOW);
        assertThat(errnoOf(() -> buffer.mmap(new PageRange(1, 2)))).isEqualTo(Errno.EINVAL);
        assertThat(errnoOf(() -> buffer.mmap(new PageRange(-2, 1)))).isEqualTo(Errno.EINVAL);
        exporter.hasMappings = false;
        assertThat(errnoOf(() -> buffer.mmap(new PageRange(-1, 2)))).isEqualTo(Errno.EINVAL);
        assertThat(exporter.calls).isEmpty();
    }

    @Test
    void D07_aUsersMappingKeepsTheBuffer() {
        VmArea area = buffer.mmap(new PageRange(1, 1));
        buffer.put();
        assertThat(area.file()).isSameAs(buffer);
        assertThat(area.pages().size()).isEqualTo(PAGE);
        assertThat(area.pages().pa(8)).isEqualTo(0x8_9000_0008L);
        assertThat(exporter.calls).containsExactly("mmap 1 1");
        area.close();
        area.close();
        assertThat(exporter.calls).containsExactly("mmap 1 1", "release");
    }

    @Test
    void D08_theKernelMapsOnceHoweverOftenItIsAsked() {
        CpuMapping mapping = buffer.vmap();
        assertThat(buffer.vmap()).isSameAs(mapping);
        assertThat(mapping.pa(PAGE + 4)).isEqualTo(0x8_9000_0004L);
        assertThat(rig.dmaBufs.census()).isEqualTo(new DmaBufCensus(1, 0, 0, 2));
        buffer.vunmap(mapping);
        assertThat(exporter.calls).containsExactly("vmap");
        buffer.vunmap(mapping);
        assertThat(exporter.calls).containsExactly("vmap", "vunmap");
        assertThatThrownBy(() -> buffer.vunmap(mapping)).isInstanceOf(AssertionError.class);
    }

    @Test
    void D08_aFailedVmapIsAWarningToo() {
        BufferRig recording = new BufferRig(KernelLog.WarnPolicy.RECORD);
        DmaBuf other = export(recording);
        exporter.failing = "vmap";
        assertThat(errnoOf(other::vmap)).isEqualTo(Errno.EIO);
        assertThat(recording.warnings()).singleElement().asString().contains("vmap of DMA-BUF of recorder");
        exporter.hasMappings = false;
        assertThat(errnoOf(other::vmap)).isEqualTo(Errno.EINVAL);
        assertThat(recording.warnings()).isEmpty();
        other.put();
    }

    @Test
    void D09_tooManyBuffersAreRefused() {
        rig.dmaBufs.limitFiles(2);
        DmaBuf second = export(rig);
        assertThat(errnoOf(() -> export(rig))).isEqualTo(Errno.ENFILE);
        second.put();
        export(rig).put();
    }

    @Test
    void D10_aBufferIsExportedOnceMoreAtMostSevenTimes() {
        DmaBuf outer = buffer;
        for (int depth = 1; depth <= 7; depth++) {
            outer = rig.dmaBufs.export(new ExportInfo("level " + depth, PAGE, new Recorder(), outer));
        }
        ExportInfo tooDeep = new ExportInfo("level 8", PAGE, new Recorder(), outer);
        assertThat(errnoOf(() -> rig.dmaBufs.export(tooDeep))).isEqualTo(Errno.EINVAL);
        rig.dmaBufs.buffers().forEach(DmaBuf::put);
    }

    @Test
    void whatMakesNoSenseIsNotMade() {
        assertThatThrownBy(() -> ExportInfo.of("x", -1, exporter)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DmaBufs(rig.locking, rig.log, 9)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DmaBufs(rig.locking, rig.log, 31)).isInstanceOf(IllegalArgumentException.class);
        assertThat(buffer.exporter()).isEqualTo("recorder");
        assertThat(buffer).hasToString("DMA-BUF of recorder, 0x2000 bytes");
    }
}
