package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** What the driver core writes into the kernel's log. Thread-safe. */
final class DriverReport {

    /** Writes nothing. */
    static final DriverReport SILENT = new DriverReport(null, KernelRelease.V6_12);

    private final @Nullable KernelLog log;
    private final KernelRelease release;

    DriverReport(@Nullable KernelLog log, KernelRelease release) {
        this.log = log;
        this.release = release;
    }

    /** A driver that only does not want the device, or asks to be called later, is no failure. */
    void probeFailed(DriverBinding.ProbeFailure failure) {
        Errno errno = failure.errno();
        if (log == null || errno == Errno.ENODEV || errno == Errno.ENXIO || errno == Errno.EPROBE_DEFER) {
            return;
        }
        String driver = failure.driver().name();
        if (release.reportsFailedProbeByDevice()) {
            log.print(
                    KernelLog.Level.ERR,
                    driver + " " + failure.device() + ": probe with driver " + driver + " failed with error -"
                            + errno.number());
        } else {
            log.print(
                    KernelLog.Level.WARNING,
                    driver + ": probe of " + failure.device() + " failed with error -" + errno.number());
        }
    }

    void warnOfFailedAttach(String text) {
        if (log != null && release.logsFailedAttachOnHotAdd()) {
            log.print(KernelLog.Level.WARNING, text);
        }
    }

    void warn(String text) {
        if (log != null) {
            log.print(KernelLog.Level.WARNING, text);
        }
    }
}
