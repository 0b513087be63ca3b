package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.layout.PageRequestRecord;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a unit's PRI queue (IHI 0070 §8; Linux {@code arm_smmu_priq_thread}). Requests go to the device's handler; Linux itself
 * denies every group, and so does this where nobody takes it. For the task that handles the interrupt.
 */
final class PageRequestReader {

    private final SmmuUnit unit;
    private final SmmuHost host;
    private final @Nullable InputQueue queue;
    private final Responses responses;

    PageRequestReader(SmmuUnit unit, Responses responses) {
        this.unit = unit;
        this.host = unit.host();
        this.queue = unit.pageRequests();
        this.responses = responses;
    }

    /**
     * Reads until nothing is left.
     *
     * @return {@code false} when there was nothing
     */
    boolean step() {
        if (queue == null) {
            return false;
        }
        boolean any = false;
        do {
            long[] words;
            while ((words = queue.take()) != null) {
                any = true;
                handle(new PageRequestRecord(words[0], words[1]).message());
            }
            if (queue.refresh()) {
                any = true;
                unit.parts().print(KernelLog.Level.ERR, "PRIQ overflow detected -- requests lost");
                host.kernel().lostPageRequests().run();
            }
        } while (!queue.isEmpty());
        queue.acknowledgeOverflow();
        return any;
    }

    private void handle(PageRequestMessage request) {
        if (request.isStopMarker()) {
            return;
        }
        Errno refusal = report(request);
        if (refusal == null) {
            return;
        }
        unit.parts().print(KernelLog.Level.INFO, "unexpected PRI request received:");
        unit.parts().print(KernelLog.Level.INFO, text(request));
        if (request.last() && (host.answersWhatNobodyTook() || refusal == Errno.ENODEV)) {
            responses.deny(request);
        }
    }

    /** Returns why nobody has taken it, {@code ENODEV} when nobody could be asked; or {@code null}. */
    private @Nullable Errno report(PageRequestMessage request) {
        unit.streams().mutex().lock();
        try {
            Master master = unit.streams().findLocked(request.streamId());
            if (master == null || !master.features().has(Trait.PRI)) {
                return Errno.ENODEV;
            }
            boolean needsPasid = request.hasSubstream() && master.features().has(Trait.PRG_RESPONSE_PASID_REQUIRED);
            FaultEvent.PageRequest event = new FaultEvent.PageRequest(
                    request.substreamId(),
                    request.prgIndex(),
                    permissions(request),
                    request.address(),
                    new FaultEvent.Traits(request.last(), needsPasid, List.of()));
            if (request.last()) {
                responses.asked(master, request);
            }
            Errno refusal = host.kernel().deviceFaults().report(master.device(), event);
            if (refusal != null && request.last() && host.answersWhatNobodyTook()) {
                responses.forget(master, request);
            }
            return refusal;
        } finally {
            unit.streams().mutex().unlock();
        }
    }

    private static int permissions(PageRequestMessage request) {
        return (has(request, PageRequestMessage.READ) ? FaultEvent.READ : 0)
                | (has(request, PageRequestMessage.WRITE) ? FaultEvent.WRITE : 0)
                | (has(request, PageRequestMessage.EXECUTE) ? FaultEvent.EXECUTE : 0)
                | (request.privilege() == Privilege.PRIVILEGED ? FaultEvent.PRIVILEGED : 0);
    }

    private static boolean has(PageRequestMessage request, int permission) {
        return (request.permissions() & permission) != 0;
    }

    private static String text(PageRequestMessage request) {
        return String.format(
                Locale.ROOT,
                "\tsid 0x%08x.0x%05x: [%d%s] %sprivileged %s%s%s access at iova 0x%016x",
                request.streamId(),
                request.hasSubstream() ? request.substreamId() : 0,
                request.prgIndex(),
                request.last() ? "L" : "",
                request.privilege() == Privilege.PRIVILEGED ? "" : "un",
                has(request, PageRequestMessage.READ) ? "R" : "",
                has(request, PageRequestMessage.WRITE) ? "W" : "",
                has(request, PageRequestMessage.EXECUTE) ? "X" : "",
                request.address());
    }
}
