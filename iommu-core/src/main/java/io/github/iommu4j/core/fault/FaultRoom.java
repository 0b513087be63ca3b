package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.core.trace.RateLimit;
import java.util.List;

/** What both eras share: the kernel around, the options, and how a device is answered. */
final class FaultRoom {

    private final FaultHost host;
    private final FaultOptions options;
    private final RateLimit limit;

    FaultRoom(FaultHost host, FaultOptions options) {
        this.host = host;
        this.options = options;
        this.limit = new RateLimit(host.locking(), options.clock());
    }

    FaultHost host() {
        return host;
    }

    FaultOptions options() {
        return options;
    }

    boolean take(Device device, FaultMemory.Purpose purpose) {
        return options.memory().take(device, purpose);
    }

    void give(Device device, FaultMemory.Purpose purpose) {
        options.memory().give(device, purpose);
    }

    void giveAll(Device device, List<?> things, FaultMemory.Purpose purpose) {
        things.forEach(thing -> give(device, purpose));
    }

    /** A line that a device or user can cause as often as it likes. */
    void printLimited(String text) {
        if (limit.allows()) {
            host.log().print(KernelLog.Level.WARNING, text);
        }
    }

    /** Answers where nobody is left to be told that the driver could not. */
    void answer(Device device, IommuDriver driver, PageRequest request, PageResponse.Code code) {
        try {
            driver.pageResponse(device, request, responseTo(request, code));
        } catch (IommuException refusal) {
            printLimited(device + ": a page request could not be answered: " + refusal.getMessage());
        }
    }

    /** An answer that carries the PASID when the request wants it to. */
    static PageResponse responseTo(PageRequest request, PageResponse.Code code) {
        int pasid = request.traits().responseNeedsPasid() ? request.pasid() : TranslationUnit.NO_SUBSTREAM;
        return new PageResponse(pasid, request.groupId(), code);
    }

    static IommuException noSuchCall(String call, String since) {
        return new IommuException(Errno.EOPNOTSUPP, "this release has no " + call + since);
    }
}
