package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import org.jspecify.annotations.Nullable;

/**
 * Reads a unit's event queue (IHI 0070 §7.2-7.3; Linux {@code arm_smmu_evtq_thread}): accesses that wait become page requests
 * with one page each, whose group is the tag; what has failed goes to the log, and to the handlers of device and domain. For
 * the task that handles the interrupt.
 */
final class EventReader {

    private final SmmuUnit unit;
    private final SmmuHost host;
    private final InputQueue queue;
    private final Responses responses;

    EventReader(SmmuUnit unit, Responses responses) {
        this.unit = unit;
        this.host = unit.host();
        this.queue = unit.events();
        this.responses = responses;
    }

    /**
     * Reads until nothing is left.
     *
     * @return {@code false} when there was nothing
     */
    boolean step() {
        boolean any = false;
        do {
            long[] words;
            while ((words = queue.take()) != null) {
                any = true;
                handle(new EventRecord(words[0], words[1], words[2], words[3]));
            }
            if (queue.refresh()) {
                any = true;
                unit.parts().print(KernelLog.Level.ERR, "EVTQ overflow detected -- events lost");
            }
        } while (!queue.isEmpty());
        if (!host.has(Smmuv3Erratum.EVENT_OVERFLOW_UNACKNOWLEDGED)) {
            queue.acknowledgeOverflow();
        }
        return any;
    }

    private void handle(EventRecord event) {
        Errno refusal = report(event);
        if (refusal != null) {
            EventText.print(unit, event);
        }
    }

    /** Returns why nobody has taken it, or {@code null}. */
    private @Nullable Errno report(EventRecord event) {
        FaultReason reason = reason(event);
        boolean waits = reason != null && event.stall();
        if (reason == null) {
            return Errno.EOPNOTSUPP;
        }
        if (event.s2() && waits && !host.kernel().release().smmuv3StallsAtStage2()) {
            responses.abort(event.streamId(), event.stag());
            return Errno.EFAULT;
        }
        unit.streams().mutex().lock();
        try {
            Master master = unit.streams().findLocked(event.streamId());
            // A guest's contexts may stall what cannot wait: nobody could answer that.
            if (master == null || waits && !master.stalls()) {
                return waits ? abandon(event) : Errno.EINVAL;
            }
            return waits ? reportPageRequest(master, event) : reportFailure(master, event, reason);
        } finally {
            unit.streams().mutex().unlock();
        }
    }

    private Errno abandon(EventRecord event) {
        responses.abort(event.streamId(), event.stag());
        return Errno.EINVAL;
    }

    private @Nullable Errno reportPageRequest(Master master, EventRecord event) {
        FaultEvent.PageRequest request = new FaultEvent.PageRequest(
                pasid(event), event.stag(), permissions(event), event.inputAddress(), FaultEvent.Traits.LAST);
        responses.stalled(event.stag(), event.streamId());
        Errno refusal = host.kernel().deviceFaults().report(master.device(), request);
        if (refusal != null && host.answersWhatNobodyTook()) {
            responses.abort(event.streamId(), event.stag());
        }
        return refusal;
    }

    private @Nullable Errno reportFailure(Master master, EventRecord event, FaultReason reason) {
        Errno byDomain = reportToDomain(master, event);
        if (!host.kernel().release().smmuv3ReportsUnrecoverableFaults()) {
            return byDomain == null ? null : Errno.EOPNOTSUPP;
        }
        if (event.s2()) {
            return Errno.EFAULT;
        }
        Errno byDevice = host.kernel()
                .deviceFaults()
                .report(
                        master.device(),
                        new FaultEvent.Unrecoverable(
                                reason, permissions(event), pasid(event), event.inputAddress(), 0));
        return byDevice == null || byDomain == null ? null : byDevice;
    }

    private @Nullable Errno reportToDomain(Master master, EventRecord event) {
        StreamTarget target = master.target();
        if (target instanceof StreamTarget.Nested nested) {
            // What the guest's own stage 1 refuses is the guest's affair, with addresses of the guest.
            return event.s2() ? report(nested.domain(), master, event, intermediateAddress(event)) : Errno.ENOSYS;
        }
        ContextSpace space = event.ssv() ? master.pasids().get(event.substreamId()) : null;
        if (space == null && !event.ssv() && target != null) {
            space = target.domain();
        }
        return report(space, master, event, event.inputAddress());
    }

    private @Nullable Errno report(@Nullable ContextSpace space, Master master, EventRecord event, long address) {
        IommuDomain domain = space == null ? null : space.domain();
        return domain == null
                ? Errno.ENOSYS
                : host.kernel()
                        .faults()
                        .report(domain, master.device(), address, event.rnw() ? Access.READ : Access.WRITE);
    }

    /** The record has the page only; within it the access is where its input address is. */
    private static long intermediateAddress(EventRecord event) {
        return event.eventClass() == EventRecord.CLASS_IN ? event.ipa() | event.inputAddress() & 0xFFF : event.ipa();
    }

    private static @Nullable FaultReason reason(EventRecord event) {
        EventType type = event.type().orElse(null);
        if (type == null) {
            return null;
        }
        return switch (type) {
            case F_TRANSLATION -> FaultReason.PTE_FETCH;
            case F_ADDR_SIZE -> FaultReason.OOR_ADDRESS;
            case F_ACCESS -> FaultReason.ACCESS;
            case F_PERMISSION -> FaultReason.PERMISSION;
            default -> null;
        };
    }

    private static int pasid(EventRecord event) {
        return event.ssv() ? event.substreamId() : TranslationUnit.NO_SUBSTREAM;
    }

    private static int permissions(EventRecord event) {
        return (event.rnw() ? FaultEvent.READ : FaultEvent.WRITE)
                | (event.ind() ? FaultEvent.EXECUTE : 0)
                | (event.pnu() ? FaultEvent.PRIVILEGED : 0);
    }
}
