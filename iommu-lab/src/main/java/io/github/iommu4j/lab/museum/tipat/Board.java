package io.github.iommu4j.lab.museum.tipat;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.ExportInfo;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.TestMachine;
import io.github.iommu4j.tipat.driver.PatNode;
import io.github.iommu4j.tipat.driver.TiPat;
import io.github.iommu4j.tipat.driver.TiPatDriver;
import io.github.iommu4j.tipat.driver.TiPatErratum;
import io.github.iommu4j.tipat.hardware.Pat;
import io.github.iommu4j.tipat.hardware.PatInterconnect;
import io.github.iommu4j.tipat.hardware.PatWindow;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A running machine with one PAT, whose table is shorter than its window, and devices that use it. */
final class Board {

    static final long PAGE = 4096;

    /** Where the memory of {@link #pages} begins. */
    static final long MEMORY = 0x8_8000_0000L;

    private static final String PAT = "31010000.pat";
    private static final int PAGES = 64;
    private static final int PAGE_LG2 = 12;
    private static final long ENTRY_BYTES = 8;
    private static final long TABLE_BYTES_FOR_A_PAGE = 16;
    private static final PatWindow WINDOW = new PatWindow(0x48_0000_0000L, 0x10_0000);

    private final Pat hardware = Pat.builder(WINDOW).pages(PAGES).build();
    private final PatInterconnect interconnect = new PatInterconnect(new SparseMemory(), List.of(hardware));
    private final TestMachine machine;
    private final DmaBufs dmaBufs;
    private final TiPat pat;

    Board(Set<Erratum> errata) {
        machine = TestMachine.builder()
                .locking(new PlainLocking())
                .warnings(KernelLog.WarnPolicy.RECORD)
                .platformDevice(DeviceNode.Identity.of(PAT, 1))
                .build()
                .boot(List.of());
        dmaBufs = new DmaBufs(machine.core().locking(), machine.core().log(), PAGE_LG2);
        TiPatDriver.Builder description = TiPatDriver.builder(dmaBufs)
                .mapper(new DirectMapper(Board::addressBits))
                .firmware(device -> device.name().equals(PAT) ? node() : null);
        for (TiPatErratum erratum : TiPatErratum.values()) {
            if (errata.contains(erratum)) {
                description.erratum(erratum);
            }
        }
        TiPatDriver driver = description.build();
        machine.platformBus().register(driver);
        pat = driver.pat(machine.device(PAT)).orElseThrow();
    }

    private PatNode node() {
        MmioRegion table = hardware.table();
        return PatNode.of(
                new PatNode.Region(hardware.registers(), hardware.registers().size()),
                new PatNode.Region(table, PAGES * TABLE_BYTES_FOR_A_PAGE),
                new PatNode.Window(WINDOW.base(), WINDOW.size()));
    }

    private static int addressBits(Device device) {
        return device.name().startsWith("narrow") ? 32 : 48;
    }

    TiPat pat() {
        return pat;
    }

    /** Adds a device that reaches all of the interconnect's addresses. */
    Device device() {
        return machine.platformBus().add(DeviceNode.Identity.of("importer", 0x101));
    }

    /** Adds a device that does not reach the window. */
    Device narrowDevice() {
        return machine.platformBus().add(DeviceNode.Identity.of("narrow importer", 0x102));
    }

    /** Pages that follow each other, a segment each. */
    static ScatterList pages(int count) {
        List<ScatterList.Segment> segments = new ArrayList<>();
        for (int page = 0; page < count; page++) {
            segments.add(ScatterList.Segment.of(MEMORY + page * PAGE, PAGE));
        }
        return ScatterList.of(segments);
    }

    /** A buffer that its exporter maps. */
    DmaBuf buffer(ScatterList memory) {
        return buffer(memory, 0);
    }

    /** A buffer that its exporter refuses to map so many times. */
    DmaBuf buffer(ScatterList memory, int refusals) {
        return dmaBufs.export(ExportInfo.of("exporter", memory.size(), new PageExporter(memory, refusals)));
    }

    /** Enabled entries, where there should be none. */
    List<String> enabledEntries() {
        long enabled = 0;
        for (long page = 0; page < PAGES; page++) {
            enabled += hardware.table().read(page * ENTRY_BYTES + Integer.BYTES, Integer.BYTES) >>> 31;
        }
        return enabled == 0 ? List.of() : List.of(enabled + " entries are enabled although nothing is mapped");
    }

    /** Where an address in the window leads, and that it is not where it should. */
    List<String> leadsElsewhere(long address, long expected) {
        Translation answer = interconnect.translate(DmaRequest.read(1, address));
        if (answer instanceof Translation.Ok ok && ok.pa() == expected) {
            return List.of();
        }
        String found = switch (answer.kind()) {
            case OK -> "0x" + Long.toHexString(((Translation.Ok) answer).pa());
            case FAULT -> ((Translation.Fault) answer).name();
            case STALLED -> throw new AssertionError("a PAT does not stall: " + answer);
        };
        return List.of(String.format("the window at 0x%x leads to %s instead of 0x%x", address, found, expected));
    }

    /** The lines of the log that hold a word, since the last call. */
    List<String> logged(String word) {
        return machine.core().log().drain().stream()
                .map(KernelLog.Line::text)
                .filter(line -> line.contains(word))
                .toList();
    }

    /** Makes a call that may be refused, as callers in a kernel do. */
    static void refusedOrNot(Runnable call) {
        try {
            call.run();
        } catch (IommuException refusal) {
            if (refusal.errno() == Errno.ENODEV) {
                throw new AssertionError("the PAT is not there", refusal);
            }
        }
    }
}
