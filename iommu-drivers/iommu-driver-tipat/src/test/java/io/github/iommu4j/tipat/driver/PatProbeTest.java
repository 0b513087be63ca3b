package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.tipat.driver.PatMachine.WINDOW;
import static io.github.iommu4j.tipat.driver.PatMachine.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.tipat.driver.PatNode.Region;
import io.github.iommu4j.tipat.driver.PatNode.Window;
import io.github.iommu4j.tipat.hardware.Pat;
import io.github.iommu4j.tipat.layout.PatPageSize;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PatProbeTest {

    private static final int CONTROL = 0x10;

    private final PlainLocking locking = new PlainLocking();
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
    private final BusType bus = new BusType("platform", locking, new DeferredProbe(locking));
    private final Device device = bus.add(DeviceNode.Identity.of("31010000.pat", 1));
    private final List<String> steps = new ArrayList<>();
    private final Faults faults = new Faults();
    private final Pat hardware = Pat.builder(WINDOW).pages(256).build();
    private final Region mmrs = new Region(watched("mmrs", hardware.registers()), 0x100);
    private final Region table = new Region(watched("table", hardware.table()), 0x1000);
    private final Window window = new Window(WINDOW.base(), WINDOW.size());
    private final PatNode complete = PatNode.of(mmrs, table, window);

    private MmioRegion watched(String name, MmioRegion region) {
        return new MmioRegion() {
            @Override
            public long size() {
                return region.size();
            }

            @Override
            public long read(long offset, int width) {
                steps.add("read " + name + " 0x" + Long.toHexString(offset));
                return region.read(offset, width);
            }

            @Override
            public void write(long offset, int width, long value) {
                steps.add("write " + name + " 0x" + Long.toHexString(offset) + " 0x" + Long.toHexString(value));
                region.write(offset, width, value);
            }
        };
    }

    private TiPatDriver driver(PatNode node, int pageLg2) {
        return TiPatDriver.builder(new DmaBufs(locking, log, pageLg2))
                .mapper(faults.mapper())
                .firmware(any -> any == device ? node : null)
                .miscDevices(new MiscDevices() {
                    @Override
                    public void register(String name, TiPat pat) {
                        steps.add("misc_register " + name);
                        faults.mayFail("misc_register");
                    }

                    @Override
                    public void deregister(String name) {
                        steps.add("misc_deregister " + name);
                    }
                })
                .build();
    }

    private TiPat probe(PatNode node, int pageLg2) {
        TiPatDriver driver = driver(node, pageLg2);
        driver.probe(device);
        return driver.pat(device).orElseThrow();
    }

    private long control() {
        return hardware.registers().read(CONTROL, 4);
    }

    private List<String> logged() {
        return log.drain().stream()
                .map(line -> line.level() + " " + line.text())
                .toList();
    }

    @Test
    void P20_theStepsComeInTheDriversOrder() {
        faults.failWhen(
                call -> {
                    steps.add(call);
                    return false;
                },
                Errno.EIO);
        TiPat pat = probe(complete, 14);
        assertThat(steps)
                .containsExactly(
                        "mask 31010000.pat 64",
                        "read mmrs 0x4",
                        "read mmrs 0x0",
                        "read mmrs 0x0",
                        "read mmrs 0x10",
                        "write mmrs 0x10 0x10",
                        "read mmrs 0x10",
                        "write mmrs 0x10 0x11",
                        "misc_register 31010000.pat",
                        "misc_register");
        assertThat(pat.window().size()).isEqualTo(0x10_0000);
        assertThat(logged()).containsExactly("INFO ti-pat 31010000.pat: PAT revision 1.0, 256 pages");
        assertThat(pat.device()).isSameAs(device);
        assertThat(pat).hasToString("ti-pat 31010000.pat");
    }

    @Test
    void P20_theDriverBindsToWhatFirmwareCallsAPat() {
        TiPatDriver driver = driver(complete, 12);
        assertThat(driver.name()).isEqualTo("ti-pat");
        Device other = bus.add(DeviceNode.Identity.of("serial", 2));
        bus.register(driver);
        assertThat(device.driver()).isSameAs(driver);
        assertThat(other.driver()).isNull();
        assertThat(driver.pat(other)).isEmpty();
        assertThatThrownBy(() -> driver.probe(other)).isInstanceOf(AssertionError.class);
        driver.remove(other);
        bus.unbind("31010000.pat", "ti-pat");
        assertThat(driver.pat(device)).isEmpty();
        assertThat(TiPatDriver.builder(new DmaBufs(locking, log, 12)).build().matches(device))
                .isFalse();
    }

    @Test
    void P21_missingPiecesAreEnoentAndLeaveThePatOff() {
        for (PatNode node : List.of(
                new PatNode(null, table, window, null, null),
                new PatNode(mmrs, null, window, null, null),
                new PatNode(mmrs, table, null, null, null),
                new PatNode(mmrs, table, null, WINDOW.base(), null),
                new PatNode(mmrs, table, null, null, WINDOW.size()))) {
            assertThat(errnoOf(() -> probe(node, 12))).as("%s", node).isEqualTo(Errno.ENOENT);
        }
        assertThat(control()).isZero();
        assertThat(logged())
                .filteredOn(line -> line.startsWith("ERR"))
                .satisfiesExactly(
                        line -> assertThat(line).contains("region mmrs"),
                        line -> assertThat(line).contains("region table"),
                        line -> assertThat(line).contains("no window"),
                        line -> assertThat(line).contains("no window"),
                        line -> assertThat(line).contains("no window"));
    }

    @Test
    void P21_theWindowMayBeGivenByProperties() {
        TiPat pat = probe(new PatNode(mmrs, table, null, 0x48_8000_0000L, 0x8000L), 12);
        assertThat(pat.window().freeRuns()).containsExactly(new WindowReport.Run(0x48_8000_0000L, 0x8000));
    }

    @ParameterizedTest
    @CsvSource({"12, SIZE_4K, 0x01", "14, SIZE_16K, 0x11", "16, SIZE_64K, 0x21", "20, SIZE_1M, 0x31"})
    void P22_thePageSizeIsTheKernels(int pageLg2, PatPageSize size, String expectedControl) {
        TiPat pat = probe(complete, pageLg2);
        assertThat(pat.pageSize()).isEqualTo(size);
        assertThat(control()).isEqualTo(Long.decode(expectedControl));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 13, 15, 18, 21})
    void P22_anyOtherPageSizeIsEinval(int pageLg2) {
        assertThat(errnoOf(() -> probe(complete, pageLg2))).isEqualTo(Errno.EINVAL);
        assertThat(control()).isZero();
        assertThat(steps).noneMatch(step -> step.startsWith("write"));
    }

    @Test
    void P23_aTableRegionOfAnotherSizeIsAWarningOnly() {
        PatNode node = PatNode.of(mmrs, new Region(hardware.table(), 0x2000), window);
        assertThat(probe(node, 12).window().size()).isEqualTo(0x10_0000);
        assertThat(logged())
                .contains("WARNING ti-pat 31010000.pat: region table has 0x2000 bytes, not 16 for each of 256 pages");
    }

    @Test
    void P24_aDmaMaskThatIsRefusedEndsTheProbeBeforeAnythingIsTouched() {
        faults.failWhen(call -> call.startsWith("mask"), Errno.EIO);
        assertThat(errnoOf(() -> probe(complete, 12))).isEqualTo(Errno.EIO);
        assertThat(steps).isEmpty();
    }

    @Test
    void P25_aFailureUnwindsWhatCameBefore() {
        faults.failWhen(call -> call.equals("misc_register"), Errno.EBUSY);
        assertThat(errnoOf(() -> probe(complete, 16))).isEqualTo(Errno.EBUSY);
        assertThat(control()).isEqualTo(0x20);
        assertThat(steps).doesNotContain("misc_deregister 31010000.pat");
        faults.failNothing();
        assertThat(probe(complete, 16).pageSize()).isEqualTo(PatPageSize.SIZE_64K);
        assertThat(control()).isEqualTo(0x21);
    }

    @Test
    void P26_removingSwitchesThePatOffAndHidesItsFile() {
        PatMachine machine = new PatMachine();
        DmaBuf exported = machine.pat.export(machine.scattered(2));
        DmaBufAttachment attachment = exported.attach(machine.device());
        ScatterList list = attachment.map(DmaDirection.TO_DEVICE);
        machine.bus.unbind("31010000.pat", "ti-pat");
        assertThat(machine.hardware.registers().read(CONTROL, 4)).isZero();
        assertThat(machine.driver.pat(machine.pat.device())).isEmpty();
        DmaBuf other = machine.scattered(1);
        assertThat(errnoOf(() -> machine.pat.export(other))).isEqualTo(Errno.ENODEV);
        assertThat(errnoOf(() -> attachment.map(DmaDirection.TO_DEVICE))).isEqualTo(Errno.ENODEV);
        other.put();
        attachment.unmap(list, DmaDirection.TO_DEVICE);
        attachment.detach();
        exported.put();
        assertThat(machine.leaks()).isEmpty();
    }

    @Test
    void P26_theFileGoesBeforeThePatIsOff() {
        TiPatDriver driver = driver(complete, 12);
        driver.probe(device);
        steps.clear();
        driver.remove(device);
        assertThat(steps).containsExactly("misc_deregister 31010000.pat", "read mmrs 0x10", "write mmrs 0x10 0x0");
        MiscDevices.UNLIMITED.deregister("nobody");
    }

    @Test
    void aRefusalNamesTheDevice() {
        assertThatThrownBy(() -> probe(new PatNode(null, null, null, null, null), 12))
                .isInstanceOf(IommuException.class)
                .hasMessageContaining("region mmrs");
    }
}
