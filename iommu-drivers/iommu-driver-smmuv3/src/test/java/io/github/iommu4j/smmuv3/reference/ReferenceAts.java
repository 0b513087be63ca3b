package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.field;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Translation Requests with CR0.ATSCHK=0 (IHI 0070 §3.9.1): each right on its own, by asking what an ordinary access that
 * needs it would get.
 */
public final class ReferenceAts {

    private static final int F_BAD_ATS_TREQ = 0x05;
    private static final int READ = 1, WRITE = 2, FETCH = 5, PRIVILEGED = 8;

    private final Bus bus;
    private final IdRegisters id;
    private final ControlRegisters control;
    private final ReferenceSmmu ordinary;

    /**
     * Makes an SMMU of given registers.
     *
     * @param memory what it reads
     * @param id its features
     * @param control how it is programmed
     */
    public ReferenceAts(PhysicalMemory memory, IdRegisters id, ControlRegisters control) {
        this.bus = new Bus(memory);
        this.id = id;
        this.control = control;
        this.ordinary = new ReferenceSmmu(memory, id, control);
    }

    /**
     * Answers a Translation Request.
     *
     * @param streamId StreamID
     * @param substreamId SubstreamID, or negative for none
     * @param address input address
     * @param accessBits packed as {@link io.github.iommu4j.api.dma.Access} says
     * @return the packed answer, never marked as recorded
     */
    public long request(int streamId, int substreamId, long address, int accessBits) {
        if (!control.enabled()) {
            return refused(F_BAD_ATS_TREQ);
        }
        Attempt attempt = new Attempt(streamId, substreamId, address, accessBits);
        StreamEntry ste;
        try {
            ste = new StreamTable(bus, id, control).find(attempt);
        } catch (Stop stop) {
            return failed(stop.verdict.code());
        }
        if (ste.isIllegal()) {
            return failed(Attempt.C_BAD_STE);
        }
        if (ste.aborts()) {
            return refused(0);
        }
        boolean bypasses = !ste.stage1() && !ste.stage2();
        if (bypasses || !id.ats() || field(ste.words()[1], 29, 28) != 1) {
            return refused(F_BAD_ATS_TREQ);
        }
        int privilege = accessBits & PRIVILEGED;
        Verdict read = ordinary.translate(streamId, substreamId, address, READ | privilege);
        Verdict write = ordinary.translate(streamId, substreamId, address, WRITE | privilege);
        Verdict fetch = ordinary.translate(streamId, substreamId, address, FETCH | privilege);
        for (Verdict verdict : new Verdict[] {read, write}) {
            if (!verdict.isOk() && (verdict.code() < 0x10 || verdict.code() > 0x13)) {
                return failed(verdict.code());
            }
        }
        if (!read.isOk() && !write.isOk()) {
            return Translations.ok(address & 0xFFF, 12, 0);
        }
        boolean executes = (accessBits & FETCH & ~READ) != 0 && read.isOk() && fetch.isOk();
        int rights = (read.isOk() ? 1 : 0) | (write.isOk() ? 2 : 0) | (executes ? 4 : 0);
        long where = read.isOk() ? read.packed() : write.packed();
        return Translations.ok(Translations.pa(where), Translations.sizeLg2(where), rights);
    }

    private static long refused(int code) {
        return Translations.fault(code, FaultResponse.UNSUPPORTED_REQUEST);
    }

    private static long failed(int code) {
        return Translations.fault(code, FaultResponse.COMPLETER_ABORT);
    }
}
