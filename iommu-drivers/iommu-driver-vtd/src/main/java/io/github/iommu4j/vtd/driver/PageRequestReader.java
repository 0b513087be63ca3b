package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Prs;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.List;

/**
 * Reads a unit's page request queue (Intel VT-d §7.4-7.8) as Linux's thread {@code prq_event_thread} does, reports each request,
 * and answers those that nobody may make.
 *
 * <p>The mutex makes one task at a time read the queue; reports and answers go out with it held.
 */
final class PageRequestReader {

    private static final LockClass LOCK = new LockClass("iommu->prq_mutex");

    /** Four pages: PQS of 2, 512 requests. */
    private static final int SIZE_CODE = 2;

    private static final long BYTES = 4096L << SIZE_CODE;
    /** The message of the page request interrupt: the processor with id 0, and a vector of its own. */
    private static final long MESSAGE_ADDRESS = 0xFEE0_0000L;

    private static final long MESSAGE_DATA = 0x29;
    private static final int CANONICAL_BITS = 57;

    private final VtdUnit unit;
    private final DeviceAttach devices;
    private final UnitRegisters registers;
    private final VtdHost host;
    private final Mutex mutex;
    private final long queue;

    /** Reads the queue of a unit that has one. */
    PageRequestReader(VtdUnit unit, DeviceAttach devices) {
        this.unit = unit;
        this.devices = devices;
        this.registers = unit.parts().registers();
        this.host = unit.parts().host();
        this.mutex = host.kernel().locking().mutex(LOCK);
        this.queue = unit.pageRequestQueue();
    }

    /**
     * Takes memory for a queue, and lets the unit fill it.
     *
     * @return where the queue is
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM}
     */
    static long startQueue(VtdUnitParts parts) {
        long queue = parts.structures().allocate(BYTES);
        UnitRegisters registers = parts.registers();
        registers.locked(() -> {
            registers.write(VtdRegister.PEDATA, MESSAGE_DATA);
            registers.write(VtdRegister.PEADDR, MESSAGE_ADDRESS);
            registers.write(VtdRegister.PECTL, 0);
            registers.write(VtdRegister.PQH, 0);
            registers.write(VtdRegister.PQT, 0);
            registers.write(VtdRegister.PQA, queue | SIZE_CODE);
        });
        return queue;
    }

    /**
     * Does what the thread of the interrupt does: PPR first, so that what comes later is signalled again.
     *
     * @return {@code false} when there was no request and no overflow
     */
    boolean step() {
        mutex.lock();
        try {
            registers.write(VtdRegister.PRS, Prs.PPR.mask());
            long tail = registers.read(VtdRegister.PQT);
            long head = registers.read(VtdRegister.PQH);
            boolean some = head != tail;
            while (head != tail) {
                handle(PageRequestDescriptor.readFrom(host.kernel().memory(), queue + head));
                head = head + PageRequestDescriptor.BYTES & BYTES - 1;
            }
            registers.write(VtdRegister.PQH, tail);
            return recover() || some;
        } finally {
            mutex.unlock();
        }
    }

    /** After an overflow groups may lack requests; the unit queues again once PRO is cleared, of an empty queue. */
    private boolean recover() {
        if (!Prs.PRO.isSet(registers.read(VtdRegister.PRS))) {
            return false;
        }
        host.kernel().log().print(KernelLog.Level.INFO, "DMAR: " + name() + ": PRQ overflow detected");
        if (registers.read(VtdRegister.PQH) == registers.read(VtdRegister.PQT)) {
            host.kernel().lostPageRequests().run();
            registers.write(VtdRegister.PRS, Prs.PRO.mask());
            host.kernel().log().print(KernelLog.Level.INFO, "DMAR: " + name() + ": PRQ overflow cleared");
        }
        return true;
    }

    private String name() {
        return unit.parts().description().name();
    }

    private void handle(PageRequestDescriptor request) {
        String fault = faultOf(request);
        if (!fault.isEmpty()) {
            host.kernel()
                    .log()
                    .print(
                            KernelLog.Level.ERR,
                            "DMAR: " + name() + ": " + fault + ": " + Long.toHexString(request.q0()) + " "
                                    + Long.toHexString(request.q1()));
            refuse(request);
            return;
        }
        if (request.isStopMarker()) {
            return;
        }
        DeviceInfo device = devices.find(unit, request.rid());
        if (device == null) {
            refuse(request);
            return;
        }
        Errno nobody = host.kernel().deviceFaults().report(device.device(), eventOf(request));
        if (nobody != null && host.kernel().release().reporterAnswersFaultsNobodyTook()) {
            refuse(request);
        }
    }

    /** Why a request may not be made; empty when it may. */
    private static String faultOf(PageRequestDescriptor request) {
        boolean accesses = (request.q1() & (PageRequestDescriptor.RDR.mask() | PageRequestDescriptor.WRR.mask())) != 0;
        if (!PageRequestDescriptor.PP.isSet(request.q0())) {
            return "Page request without PASID";
        }
        if (!isCanonical(request.page())) {
            return "Address is not canonical";
        }
        if (PageRequestDescriptor.PMR.isSet(request.q0()) && accesses) {
            return "Page request in Privilege Mode";
        }
        boolean executes = PageRequestDescriptor.EXR.isSet(request.q0());
        return executes && PageRequestDescriptor.RDR.isSet(request.q1()) ? "Execution request not supported" : "";
    }

    private static boolean isCanonical(long address) {
        long sign = address >> CANONICAL_BITS - 1;
        return sign == 0 || sign == -1;
    }

    private static FaultEvent.PageRequest eventOf(PageRequestDescriptor request) {
        int permissions = (PageRequestDescriptor.RDR.isSet(request.q1()) ? FaultEvent.READ : 0)
                | (PageRequestDescriptor.WRR.isSet(request.q1()) ? FaultEvent.WRITE : 0)
                | (PageRequestDescriptor.EXR.isSet(request.q0()) ? FaultEvent.EXECUTE : 0)
                | (PageRequestDescriptor.PMR.isSet(request.q0()) ? FaultEvent.PRIVILEGED : 0);
        boolean hasData = PageRequestDescriptor.PDP.isSet(request.q0());
        FaultEvent.Traits traits = new FaultEvent.Traits(
                request.isLast(), true, hasData ? List.of(request.q2(), request.q3()) : List.of());
        return new FaultEvent.PageRequest(request.pasid(), request.group(), permissions, request.page(), traits);
    }

    private void refuse(PageRequestDescriptor request) {
        if (request.needsResponse()) {
            unit.invalidations().respond(PageGroupResponse.to(request, PageGroupResponse.INVALID));
        }
    }
}
