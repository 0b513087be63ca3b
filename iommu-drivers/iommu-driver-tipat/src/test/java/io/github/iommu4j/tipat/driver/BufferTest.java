package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.core.dmabuf.DmaDirection.BIDIRECTIONAL;
import static io.github.iommu4j.core.dmabuf.DmaDirection.FROM_DEVICE;
import static io.github.iommu4j.core.dmabuf.DmaDirection.TO_DEVICE;
import static io.github.iommu4j.tipat.driver.PatMachine.PAGE;
import static io.github.iommu4j.tipat.driver.PatMachine.WINDOW;
import static io.github.iommu4j.tipat.driver.PatMachine.enabledEntries;
import static io.github.iommu4j.tipat.driver.PatMachine.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.dmabuf.CpuMapping;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufCensus;
import io.github.iommu4j.core.dmabuf.PageRange;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.ScatterList.DmaRange;
import io.github.iommu4j.core.dmabuf.ScatterList.Segment;
import io.github.iommu4j.core.dmabuf.VmArea;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BufferTest {

    private static final ScatterList MEMORY = ScatterList.of(List.of(
            Segment.of(0x8_9000_0000L, 2 * PAGE),
            Segment.of(0x8_8000_0000L, PAGE),
            Segment.of(0x8_A000_0000L, 3 * PAGE)));

    private final PatMachine machine = new PatMachine();
    private final ScatteredExporter exporter = new ScatteredExporter(MEMORY, machine.faults);
    private final DmaBuf exported = machine.pat.export(exporter.export(machine.dmaBufs));

    static ScatterList onePage() {
        return ScatterList.of(List.of(Segment.of(0x8_8000_0000L, PAGE)));
    }

    @AfterEach
    void nothingIsLeft() {
        machine.faults.failNothing();
        if (exported.references() > 0) {
            exported.put();
        }
        assertThat(machine.leaks()).isEmpty();
        assertThat(exporter.calls).endsWith("release");
    }

    private long targetOf(long page) {
        long low = machine.hardware.table().read(page * 8, 4);
        long high = machine.hardware.table().read(page * 8 + 4, 4);
        return high >>> 31 == 0 ? -1 : (high & 0xF) << 44 | low << 12;
    }

    @Test
    void P50_theFirstAttachmentAttachesToTheParentAndTheLastDetaches() {
        DmaBufAttachment first = exported.attach(machine.device());
        DmaBufAttachment second = exported.attach(machine.device());
        assertThat(exporter.calls).containsExactly("attach 31010000.pat");
        first.detach();
        assertThat(exporter.calls).hasSize(1);
        second.detach();
        assertThat(exporter.calls).containsExactly("attach 31010000.pat", "detach 31010000.pat");
        exported.attach(machine.device()).detach();
        assertThat(exporter.calls).hasSize(4);
    }

    @Test
    void P50_anAttachmentTheParentRefusesIsNone() {
        machine.faults.failWhen(call -> call.startsWith("attach"), Errno.EBUSY);
        assertThat(errnoOf(() -> exported.attach(machine.device()))).isEqualTo(Errno.EBUSY);
        assertThat(machine.dmaBufs.census()).isEqualTo(new DmaBufCensus(2, 0, 0, 0));
        machine.faults.failNothing();
        exported.attach(machine.device()).detach();
        assertThat(exporter.calls).containsExactly("attach 31010000.pat", "attach 31010000.pat", "detach 31010000.pat");
    }

    @Test
    void P51_theFirstMappingProgramsOneEntryForEachPageInOrder() {
        DmaBufAttachment attachment = exported.attach(machine.device());
        assertThat(enabledEntries(machine.hardware)).isZero();
        ScatterList list = attachment.map(TO_DEVICE);
        assertThat(exporter.calls).endsWith("map BIDIRECTIONAL");
        for (int page = 0; page < 6; page++) {
            assertThat(targetOf(page)).as("page %s", page).isEqualTo(MEMORY.paAt(page * PAGE));
        }
        assertThat(targetOf(6)).isEqualTo(-1);
        attachment.unmap(list, TO_DEVICE);
        attachment.detach();
    }

    @Test
    void P51_everyDeviceGetsOneSegmentThatPointsAtTheWindow() {
        DmaBuf second = machine.pat.export(machine.scattered(2));
        DmaBufAttachment attachment = second.attach(machine.device());
        ScatterList list = attachment.map(FROM_DEVICE);
        assertThat(list.segments()).containsExactly(Segment.of(WINDOW.base() + 6 * PAGE, 2 * PAGE));
        assertThat(list.dmaRanges()).containsExactly(new DmaRange(WINDOW.base() + 6 * PAGE, 2 * PAGE));
        assertThat(targetOf(6)).isNotEqualTo(-1);
        assertThat(targetOf(5)).isEqualTo(-1);
        attachment.unmap(list, FROM_DEVICE);
        attachment.detach();
        second.put();
    }

    @Test
    void P52_laterMappingsOnlyCountAndTheLastOneDisablesTheEntries() {
        DmaBufAttachment first = exported.attach(machine.device());
        DmaBufAttachment second = exported.attach(machine.device());
        ScatterList one = first.map(TO_DEVICE);
        ScatterList two = second.map(FROM_DEVICE);
        ScatterList three = second.map(BIDIRECTIONAL);
        assertThat(exporter.calls).containsExactly("attach 31010000.pat", "map BIDIRECTIONAL");
        first.unmap(one, TO_DEVICE);
        second.unmap(two, FROM_DEVICE);
        assertThat(enabledEntries(machine.hardware)).isEqualTo(6);
        second.unmap(three, BIDIRECTIONAL);
        assertThat(enabledEntries(machine.hardware)).isZero();
        assertThat(exporter.calls).endsWith("unmap BIDIRECTIONAL").hasSize(3);
        ScatterList again = first.map(TO_DEVICE);
        assertThat(enabledEntries(machine.hardware)).isEqualTo(6);
        first.unmap(again, TO_DEVICE);
        first.detach();
        second.detach();
    }

    @Test
    void P53_aPageIsSetLowWordFirstAndClearedByItsEnableBitOnly() {
        List<String> writes = new ArrayList<>();
        MmioRegion region = new MmioRegion() {
            @Override
            public long size() {
                return 0x1000;
            }

            @Override
            public long read(long offset, int width) {
                return 0xCF00_000AL;
            }

            @Override
            public void write(long offset, int width, long value) {
                writes.add(String.format("%d bytes at 0x%x: 0x%x", width, offset, value & 0xFFFF_FFFFL));
            }
        };
        PageTable table = new PageTable(region);
        table.set(257, 0xABCD_1234_5000L);
        table.unset(257);
        assertThat(writes)
                .containsExactly(
                        "4 bytes at 0x1008: 0xbcd12345",
                        "4 bytes at 0x100c: 0x8000000a",
                        "4 bytes at 0x100c: 0x4f00000a");
    }

    private void assertRefused(ScatterList memory, long size, String reason) {
        ScatteredExporter odd = new ScatteredExporter(memory, machine.faults);
        DmaBuf oddExported = machine.pat.export(odd.export(machine.dmaBufs, size));
        DmaBufAttachment attachment = oddExported.attach(machine.device());
        assertThatThrownBy(() -> attachment.map(TO_DEVICE))
                .hasMessageStartingWith("EINVAL")
                .hasMessageContaining(reason);
        assertThat(enabledEntries(machine.hardware)).isZero();
        assertThat(odd.calls).endsWith("unmap BIDIRECTIONAL");
        attachment.detach();
        oddExported.put();
        assertThat(odd.calls).filteredOn(call -> call.startsWith("unmap")).hasSize(1);
    }

    @Test
    void P54_aSegmentWithAnOffsetIsEinvalAndLeavesNothingProgrammed() {
        assertRefused(
                ScatterList.of(List.of(Segment.of(0x8_8000_0000L, PAGE), new Segment(0x8_9000_0000L, 0x10, PAGE))),
                2 * PAGE,
                "offset");
    }

    @Test
    void P54_aSegmentOfOddLengthIsEinvalAndLeavesNothingProgrammed() {
        assertRefused(
                ScatterList.of(List.of(Segment.of(0x8_8000_0000L, PAGE), Segment.of(0x8_9000_0000L, PAGE + 8))),
                3 * PAGE,
                "not made of pages");
    }

    @Test
    void P54_aTargetBeyond48BitsIsEinval() {
        assertRefused(ScatterList.of(List.of(Segment.of(1L << 48, PAGE))), PAGE, "48 bits");
        assertRefused(ScatterList.of(List.of(Segment.of(0xFFFF_FFFF_F000L, 2 * PAGE))), 2 * PAGE, "48 bits");
    }

    @Test
    void P54_aListLongerThanTheBufferIsEinval() {
        assertRefused(
                ScatterList.of(List.of(Segment.of(0x8_8000_0000L, PAGE), Segment.of(0x8_9000_0000L, 2 * PAGE))),
                2 * PAGE,
                "more than the buffer's 2 pages");
    }

    @Test
    void P54_aDevicesRangeThatIsNotMadeOfPagesIsEinval() {
        ScatterList list = ScatterList.of(List.of(Segment.of(0x8_8000_0000L, 2 * PAGE)));
        assertRefused(list.mappedAt(List.of(new DmaRange(0x1800, 2 * PAGE))), 2 * PAGE, "not made of pages");
        assertRefused(
                list.mappedAt(List.of(new DmaRange(0x1000, PAGE + 4), new DmaRange(0x9000, PAGE - 4))),
                2 * PAGE,
                "not made of pages");
    }

    @Test
    void P54_rangesOfAParentBehindAnIommuMayBeJoinedOrCutOtherwise() {
        for (List<DmaRange> ranges : List.of(
                List.of(new DmaRange(0x10_0000, 3 * PAGE)),
                List.of(new DmaRange(0x10_0000, PAGE), new DmaRange(0x20_0000, PAGE), new DmaRange(0x30_0000, PAGE)))) {
            ScatterList list = ScatterList.of(
                            List.of(Segment.of(0x8_8000_0000L, PAGE), Segment.of(0x8_9000_0000L, 2 * PAGE)))
                    .mappedAt(ranges);
            DmaBuf joined = machine.pat.export(machine.buffer(list));
            DmaBufAttachment attachment = joined.attach(machine.device());
            ScatterList mapped = attachment.map(TO_DEVICE);
            assertThat(targetOf(6)).isEqualTo(0x10_0000);
            assertThat(targetOf(8)).isEqualTo(ranges.size() == 1 ? 0x10_2000 : 0x30_0000);
            attachment.unmap(mapped, TO_DEVICE);
            attachment.detach();
            joined.put();
        }
    }

    @Test
    void P55_aParentThatCannotBeMappedLeavesTheBufferUsable() {
        DmaBufAttachment attachment = exported.attach(machine.device());
        machine.faults.failWhen(call -> call.startsWith("map"), Errno.EIO);
        assertThat(errnoOf(() -> attachment.map(TO_DEVICE))).isEqualTo(Errno.EIO);
        machine.faults.failNothing();
        attachment.unmap(attachment.map(TO_DEVICE), TO_DEVICE);
        attachment.detach();
    }

    @Test
    void P55_aDeviceThatCannotMapTheWindowIsEnomemAndCountsForNothing() {
        Device device = machine.device();
        DmaBufAttachment attachment = exported.attach(device);
        DmaBufAttachment other = exported.attach(machine.device());
        machine.faults.failWhen(call -> call.startsWith("dma_map " + device.name()), Errno.EIO);
        assertThat(errnoOf(() -> attachment.map(TO_DEVICE))).isEqualTo(Errno.ENOMEM);
        assertThat(enabledEntries(machine.hardware)).isZero();
        ScatterList list = other.map(TO_DEVICE);
        assertThat(errnoOf(() -> attachment.map(TO_DEVICE))).isEqualTo(Errno.ENOMEM);
        assertThat(enabledEntries(machine.hardware)).isEqualTo(6);
        other.unmap(list, TO_DEVICE);
        assertThat(enabledEntries(machine.hardware)).isZero();
        attachment.detach();
        other.detach();
    }

    @Test
    void P56_releaseUndoesWhatDevicesLeft() {
        PatMachine recording = new PatMachine(KernelLog.WarnPolicy.RECORD, new PlainLocking(), builder -> builder);
        DmaBuf left = recording.pat.export(recording.scattered(4));
        DmaBufAttachment attachment = left.attach(recording.device());
        attachment.map(TO_DEVICE);
        attachment.map(FROM_DEVICE);
        left.put();
        assertThat(recording.logged(KernelLog.Level.WARNING))
                .singleElement()
                .asString()
                .contains("1 attachments");
        assertThat(recording.leaks()).isEmpty();
    }

    @Test
    void P56_detachUndoesWhatItsDeviceLeft() {
        PatMachine recording = new PatMachine(KernelLog.WarnPolicy.RECORD, new PlainLocking(), builder -> builder);
        DmaBuf left = recording.pat.export(recording.scattered(4));
        DmaBufAttachment forgetful = left.attach(recording.device());
        DmaBufAttachment orderly = left.attach(recording.device());
        forgetful.map(TO_DEVICE);
        forgetful.map(FROM_DEVICE);
        ScatterList list = orderly.map(TO_DEVICE);
        forgetful.detach();
        assertThat(recording.logged(KernelLog.Level.WARNING))
                .singleElement()
                .asString()
                .contains("mapped 2 times");
        assertThat(enabledEntries(recording.hardware)).isEqualTo(4);
        orderly.unmap(list, TO_DEVICE);
        assertThat(enabledEntries(recording.hardware)).isZero();
        orderly.detach();
        left.put();
        assertThat(recording.leaks()).isEmpty();
    }

    @Test
    void P57_cpuAccessPassesStraightThroughToTheParent() {
        exported.beginCpuAccess(TO_DEVICE);
        exported.endCpuAccess(TO_DEVICE);
        CpuMapping kernel = exported.vmap();
        assertThat(kernel.pa(2 * PAGE)).isEqualTo(0x8_8000_0000L);
        exported.vunmap(kernel);
        assertThat(exporter.calls).containsExactly("begin TO_DEVICE", "end TO_DEVICE", "vmap", "vunmap");
        machine.faults.failWhen(call -> call.startsWith("begin"), Errno.EIO);
        assertThat(errnoOf(() -> exported.beginCpuAccess(TO_DEVICE))).isEqualTo(Errno.EIO);
        assertThat(enabledEntries(machine.hardware)).isZero();
    }

    @Test
    void P57_aUsersMappingHoldsTheParentAndNotTheWindow() {
        VmArea area = exported.mmap(new PageRange(2, 2));
        assertThat(area.file().exporter()).isEqualTo("scattered");
        assertThat(area.pages().pa(PAGE)).isEqualTo(0x8_A000_0000L);
        exported.put();
        assertThat(machine.pat.window().isUnused()).isTrue();
        assertThat(exporter.calls).containsExactly("mmap");
        area.close();
    }

    @Test
    void P58_theWindowIsTheScatterListByteForByteWhileItIsMapped() {
        Device device = machine.device();
        PhysicalMemory seen = machine.seenBy(device);
        byte[] content = new byte[(int) (6 * PAGE)];
        new Random(5).nextBytes(content);
        for (int page = 0; page < 6; page++) {
            byte[] part = new byte[(int) PAGE];
            System.arraycopy(content, (int) (page * PAGE), part, 0, (int) PAGE);
            MemoryBytes.write(machine.memory, MEMORY.paAt(page * PAGE), part);
        }
        DmaBufAttachment attachment = exported.attach(device);
        ScatterList list = attachment.map(BIDIRECTIONAL);
        long window = list.dmaRanges().get(0).address();
        assertThat(MemoryBytes.read(seen, window, content.length)).isEqualTo(content);
        MemoryBytes.write(seen, window + 2 * PAGE - 3, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(MemoryBytes.read(machine.memory, 0x8_9000_0000L + 2 * PAGE - 3, 3))
                .containsExactly(1, 2, 3);
        assertThat(MemoryBytes.read(machine.memory, 0x8_8000_0000L, 3)).containsExactly(4, 5, 6);
        attachment.unmap(list, BIDIRECTIONAL);
        assertThatThrownBy(() -> seen.load32(window)).isInstanceOf(BusErrorException.class);
        attachment.detach();
    }

    @Test
    void P59_aBufferCanGoThroughTwoPats() {
        exported.get();
        DmaBuf twice = machine.secondPat.export(exported);
        Device device = machine.device();
        DmaBufAttachment attachment = twice.attach(device);
        ScatterList list = attachment.map(TO_DEVICE);
        assertThat(list.dmaRanges()).containsExactly(new DmaRange(PatMachine.SECOND_WINDOW.base(), 6 * PAGE));
        assertThat(enabledEntries(machine.hardware)).isEqualTo(6);
        assertThat(enabledEntries(machine.secondHardware)).isEqualTo(6);
        machine.memory.store64(0x8_8000_0008L, 0x1234);
        assertThat(machine.seenBy(device).load64(PatMachine.SECOND_WINDOW.base() + 2 * PAGE + 8))
                .isEqualTo(0x1234);
        CpuMapping kernel = twice.vmap();
        assertThat(kernel.pa(0)).isEqualTo(0x8_9000_0000L);
        twice.vunmap(kernel);
        attachment.unmap(list, TO_DEVICE);
        attachment.detach();
        twice.put();
    }
}
