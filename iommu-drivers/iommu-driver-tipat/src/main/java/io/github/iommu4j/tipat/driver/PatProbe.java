package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.trace.KernelLog.Level;
import io.github.iommu4j.tipat.layout.PatFields.Control;
import io.github.iommu4j.tipat.layout.PatFields.Pid;
import io.github.iommu4j.tipat.layout.PatPageSize;
import io.github.iommu4j.tipat.layout.PatRegister;
import org.jspecify.annotations.Nullable;

/**
 * Makes a device a PAT, step by step in the driver's order: DMA mask, registers, revision, table, window, page size,
 * enable, pool, file. What a step took is given back when a later one fails. One instance probes once.
 */
final class PatProbe {

    private static final int DMA_BITS = 64;
    /** A block of 256 entries of 8 bytes takes 4 KiB of the table's region: 16 bytes for each page. */
    private static final int TABLE_BYTES_LG2 = 4;

    private final TiPatDriver driver;
    private final Device device;
    private final PatNode node;
    private final DeviceResources resources = new DeviceResources();

    PatProbe(TiPatDriver driver, Device device, PatNode node) {
        this.driver = driver;
        this.device = device;
        this.node = node;
    }

    TiPat probe() {
        try {
            return probeSteps();
        } catch (IommuException refusal) {
            print(Level.ERR, "not probed: " + refusal.getMessage());
            resources.releaseAll();
            throw refusal;
        }
    }

    private TiPat probeSteps() {
        driver.mapper().setMask(device, DMA_BITS);
        Mmrs mmrs = new Mmrs(require(node.mmrs(), "region mmrs").registers());
        long pages = mmrs.read(PatRegister.CONFIG);
        int major = mmrs.read(PatRegister.PID, Pid.MAJOR);
        int minor = mmrs.read(PatRegister.PID, Pid.MINOR);
        print(Level.INFO, "PAT revision " + major + "." + minor + ", " + pages + " pages");
        PatNode.Region table = require(node.table(), "region table");
        checkTableSize(table.size(), pages);
        PatNode.Window window = require(node.anyWindow(), "window");
        PatPageSize pageSize = choosePageSize(mmrs);
        mmrs.write(PatRegister.CONTROL, Control.EN, 1);
        resources.add(() -> mmrs.write(PatRegister.CONTROL, Control.EN, 0));
        WindowPool pool = new WindowPool(
                driver.dmaBufs().locking(), window.base(), poolSize(window, pages, pageSize), pageSize.lg2());
        resources.add(pool::close);
        TiPat pat = new TiPat(
                driver,
                device,
                new TiPat.Parts(window.base(), pageSize, pool, new PageTable(table.registers()), resources));
        driver.miscDevices().register(device.name(), pat);
        resources.add(() -> driver.miscDevices().deregister(device.name()));
        return pat;
    }

    private static <T> T require(@Nullable T part, String name) {
        if (part == null) {
            throw new IommuException(Errno.ENOENT, "the node has no " + name);
        }
        return part;
    }

    private void checkTableSize(long size, long pages) {
        if (size != pages << TABLE_BYTES_LG2) {
            print(
                    Level.WARNING,
                    "region table has 0x" + Long.toHexString(size) + " bytes, not 16 for each of " + pages + " pages");
        }
    }

    private PatPageSize choosePageSize(Mmrs mmrs) {
        int pageLg2 = driver.dmaBufs().pageLg2();
        PatPageSize size = PatPageSize.ofLg2(pageLg2)
                .orElseThrow(() -> new IommuException(
                        Errno.EINVAL, "a PAT has no pages of 2^" + pageLg2 + " bytes, as this kernel has"));
        mmrs.write(PatRegister.CONTROL, Control.PAGE_SIZE, size.code());
        return size;
    }

    private long poolSize(PatNode.Window window, long pages, PatPageSize pageSize) {
        if (driver.has(TiPatErratum.POOL_LARGER_THAN_TABLE)) {
            return window.size();
        }
        return Math.min(window.size(), pages << pageSize.lg2());
    }

    private void print(Level level, String text) {
        driver.dmaBufs().log().print(level, TiPatDriver.NAME + " " + device.name() + ": " + text);
    }
}
