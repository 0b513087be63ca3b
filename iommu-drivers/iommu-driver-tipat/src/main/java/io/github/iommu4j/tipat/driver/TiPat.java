package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufFiles;
import io.github.iommu4j.core.dmabuf.DmaBufFiles.OnExec;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.DmaMapper;
import io.github.iommu4j.core.dmabuf.ExportInfo;
import io.github.iommu4j.core.trace.KernelLog.Level;
import io.github.iommu4j.tipat.layout.PatPageSize;

/**
 * A PAT with its driver: exports buffers once more, so that their scattered pages are one piece of the window.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public final class TiPat {

    /** The request to export a buffer once more: {@code _IOWR('P', 0, struct { u32 fd; u32 flags; })}. */
    public static final int IOC_EXPORT = 3 << 30 | ExportData.SIZE << 16 | 'P' << 8;

    /** The exporter of its buffers. */
    static final String EXPORTER = "ti_pat";

    /**
     * What probing found.
     *
     * @param windowBase first address of the window
     * @param pageSize the pages of the PAT and of the kernel
     * @param pool gives out the window
     * @param table writes the table
     * @param resources what goes when the device goes
     */
    record Parts(long windowBase, PatPageSize pageSize, WindowPool pool, PageTable table, DeviceResources resources) {}

    private final TiPatDriver driver;
    private final Device device;
    private final Parts parts;

    TiPat(TiPatDriver driver, Device device, Parts parts) {
        this.driver = driver;
        this.device = device;
        this.parts = parts;
    }

    /**
     * The PAT's own device, which attaches to the buffers it exports once more.
     *
     * @return the device
     */
    public Device device() {
        return device;
    }

    /**
     * The size of its pages.
     *
     * @return the kernel's page size
     */
    public PatPageSize pageSize() {
        return parts.pageSize();
    }

    /**
     * How the window is used.
     *
     * @return a snapshot
     */
    public WindowReport window() {
        return parts.pool().report();
    }

    /**
     * A request on the PAT's file. {@link #IOC_EXPORT} takes a descriptor of a buffer and returns one, closed on exec, of
     * a buffer with the same memory in one piece.
     *
     * @param files the caller's descriptors
     * @param command which request
     * @param argument an {@link ExportData} in the caller's memory
     * @throws IommuException {@code ENOTTY} for another request, also one of the same number and another size; {@code
     *     EFAULT} when the argument cannot be read or written; {@code EBADF} or {@code EINVAL} for a descriptor that is not
     *     open or no buffer's; as {@link #export}; {@code EMFILE} when the caller has too many descriptors. Nothing is left
     *     then: no reference, no piece of the window, no descriptor.
     */
    public void ioctl(DmaBufFiles files, int command, UserPointer argument) {
        if (command != IOC_EXPORT) {
            throw new IommuException(Errno.ENOTTY, "no request 0x" + Integer.toHexString(command));
        }
        byte[] bytes = new byte[ExportData.SIZE];
        argument.copyFromUser(bytes);
        ExportData data = ExportData.of(bytes);
        DmaBuf parent = files.get(data.fd());
        DmaBuf exported;
        try {
            exported = export(parent);
        } catch (IommuException refusal) {
            parent.put();
            throw refusal;
        }
        try {
            answer(files, argument, exported, data.flags());
        } catch (IommuException refusal) {
            exported.put();
            throw refusal;
        }
    }

    /** The descriptor is opened last: once it is open it cannot be taken back from the process. */
    private static void answer(DmaBufFiles files, UserPointer argument, DmaBuf exported, int flags) {
        int fd = files.reserve(OnExec.CLOSE);
        try {
            argument.copyToUser(new ExportData(fd, flags).bytes());
        } catch (IommuException refusal) {
            files.unreserve(fd);
            throw refusal;
        }
        files.install(fd, exported);
    }

    /**
     * Exports a buffer once more ({@code ti_pat_export}).
     *
     * @param parent the buffer, whose reference goes from the caller to the new one
     * @return the new buffer, with one reference; its last one puts the parent
     * @throws IommuException {@code ENOMEM} when no run of the window is long enough, or the buffer is empty; {@code ENODEV}
     *     when the device is gone; {@code ENFILE} and {@code EINVAL} as {@link
     *     DmaBufs#export}. The reference stays with the caller then, and the window as it was.
     */
    public DmaBuf export(DmaBuf parent) {
        long address = reserve(parent.size());
        try {
            PatBuffer buffer = new PatBuffer(this, parent, address);
            return driver.dmaBufs().export(new ExportInfo(EXPORTER, parent.size(), buffer, parent));
        } catch (IommuException refusal) {
            parts.pool().free(address, parent.size());
            throw refusal;
        }
    }

    private long reserve(long size) {
        try {
            return parts.pool().allocate(size);
        } catch (IommuException refusal) {
            if (refusal.errno() == Errno.ENOMEM && !has(TiPatErratum.FRAGMENTED_WINDOW_LOOKS_FULL)) {
                reportFragmentation(size);
            }
            throw refusal;
        }
    }

    private void reportFragmentation(long size) {
        WindowReport report = window();
        if (report.freeBytes() >= size) {
            driver.dmaBufs()
                    .log()
                    .print(
                            Level.WARNING,
                            TiPatDriver.NAME + " " + device.name() + ": no 0x" + Long.toHexString(size)
                                    + " bytes in one piece: the window is fragmented, 0x"
                                    + Long.toHexString(report.freeBytes()) + " are free in "
                                    + report.freeRuns().size() + " runs, the longest 0x"
                                    + Long.toHexString(report.largestFreeRun()));
        }
    }

    void remove() {
        parts.resources().releaseAll();
    }

    /** Whether the device is there: what is not can be unmapped and released, but not mapped. */
    boolean isPresent() {
        return !parts.pool().isClosed();
    }

    boolean has(TiPatErratum erratum) {
        return driver.has(erratum);
    }

    DmaMapper mapper() {
        return driver.mapper();
    }

    DmaBufs dmaBufs() {
        return driver.dmaBufs();
    }

    Parts parts() {
        return parts;
    }

    @Override
    public String toString() {
        return TiPatDriver.NAME + " " + device.name();
    }
}
