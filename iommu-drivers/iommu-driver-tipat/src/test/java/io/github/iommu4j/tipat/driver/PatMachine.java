package io.github.iommu4j.tipat.driver;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufCensus;
import io.github.iommu4j.core.dmabuf.DmaBufFiles;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.tipat.driver.PatNode.Region;
import io.github.iommu4j.tipat.driver.PatNode.Window;
import io.github.iommu4j.tipat.hardware.Pat;
import io.github.iommu4j.tipat.hardware.PatInterconnect;
import io.github.iommu4j.tipat.hardware.PatWindow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** Two PATs on one interconnect, the driver bound to both, and importers. The first PAT's window is 64 pages of 4 KiB. */
final class PatMachine {

    static final long PAGE = 4096;
    static final int PAGES = 64;
    static final PatWindow WINDOW = new PatWindow(0x48_0000_0000L, 0x10_0000);
    static final PatWindow SECOND_WINDOW = new PatWindow(0x48_4000_0000L, 0x10_0000);

    final KernelLog log;
    final DmaBufs dmaBufs;
    final DmaBufFiles files;
    final BusType bus;
    final SparseMemory memory = new SparseMemory();
    final Faults faults = new Faults();
    final Pat hardware = Pat.builder(WINDOW).name("pat0").pages(PAGES).build();
    final Pat secondHardware =
            Pat.builder(SECOND_WINDOW).name("pat1").pages(PAGES).build();
    final PatInterconnect interconnect = new PatInterconnect(memory, List.of(hardware, secondHardware));
    final TiPatDriver driver;
    final TiPat pat;
    final TiPat secondPat;
    final List<Device> devices = new ArrayList<>();
    private final UnaryOperator<MmioRegion> tables;

    PatMachine() {
        this(KernelLog.WarnPolicy.THROW, new PlainLocking(), builder -> builder);
    }

    PatMachine(KernelLog.WarnPolicy policy, Locking locking, UnaryOperator<TiPatDriver.Builder> choices) {
        this(policy, locking, table -> table, choices);
    }

    /** A machine whose driver sees the tables through something. */
    PatMachine(
            KernelLog.WarnPolicy policy,
            Locking locking,
            UnaryOperator<MmioRegion> tables,
            UnaryOperator<TiPatDriver.Builder> choices) {
        this.tables = tables;
        log = new KernelLog(policy);
        dmaBufs = new DmaBufs(locking, log, 12);
        files = new DmaBufFiles(locking, 16);
        bus = new BusType("platform", locking, new DeferredProbe(locking));
        DeviceNode first = bus.add(DeviceNode.Identity.of("31010000.pat", 1));
        DeviceNode second = bus.add(DeviceNode.Identity.of("31011000.pat", 2));
        driver = choices.apply(
                        TiPatDriver.builder(dmaBufs).mapper(faults.mapper()).firmware(device -> node(device.name())))
                .build();
        bus.register(driver);
        pat = driver.pat(first).orElseThrow();
        secondPat = driver.pat(second).orElseThrow();
    }

    private @Nullable PatNode node(String name) {
        return switch (name) {
            case "31010000.pat" -> node(hardware, tables);
            case "31011000.pat" -> node(secondHardware, tables);
            default -> null;
        };
    }

    /** What a device tree says of a PAT that is as it should be. */
    static PatNode node(Pat pat) {
        return node(pat, table -> table);
    }

    private static PatNode node(Pat pat, UnaryOperator<MmioRegion> tables) {
        MmioRegion table = tables.apply(pat.table());
        long tableSize = pat.registers().read(4, 4) << 4;
        return PatNode.of(
                new Region(pat.registers(), 0x100),
                new Region(table, tableSize),
                new Window(pat.window().base(), pat.window().size()));
    }

    Device device() {
        int number = devices.size() + 1;
        DeviceNode device = bus.add(DeviceNode.Identity.of("importer" + number, 0x100 + number));
        devices.add(device);
        return device;
    }

    /** Memory through the interconnect. */
    PhysicalMemory seenBy(Device device) {
        return interconnect.memoryOf(device.streamId());
    }

    /** A buffer of single pages, each in another place. */
    DmaBuf scattered(int pages) {
        List<ScatterList.Segment> segments = new ArrayList<>();
        for (int i = 0; i < pages; i++) {
            segments.add(ScatterList.Segment.of(0x8_8000_0000L + (pages - i) * 0x10000L, PAGE));
        }
        return buffer(ScatterList.of(segments));
    }

    DmaBuf buffer(ScatterList list) {
        return new ScatteredExporter(list, faults).export(dmaBufs);
    }

    /** How many entries of a PAT's table are enabled. */
    static int enabledEntries(Pat hardware) {
        int enabled = 0;
        for (long page = 0; page < PAGES; page++) {
            enabled += (int) (hardware.table().read(page * 8 + 4, 4) >>> 31);
        }
        return enabled;
    }

    /** What should be nothing: enabled entries, pieces of the window, buffers, attachments, mappings. */
    List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        int enabled = enabledEntries(hardware) + enabledEntries(secondHardware);
        if (enabled != 0) {
            leaks.add(enabled + " entries are enabled although nothing is mapped");
        }
        for (TiPat each : List.of(pat, secondPat)) {
            if (!each.window().isUnused()) {
                leaks.add(each + " has a window in use: " + each.window());
            }
        }
        if (!dmaBufs.census().equals(DmaBufCensus.NOTHING)) {
            leaks.add(dmaBufs.census().toString());
        }
        return leaks;
    }

    List<String> logged(KernelLog.Level level) {
        return log.drain().stream()
                .filter(line -> line.level() == level)
                .map(KernelLog.Line::text)
                .toList();
    }

    static Errno errnoOf(ThrowingCallable call) {
        IommuException refusal = catchThrowableOfType(IommuException.class, call);
        if (refusal == null) {
            throw new AssertionError("nothing was refused");
        }
        return refusal.errno();
    }
}
