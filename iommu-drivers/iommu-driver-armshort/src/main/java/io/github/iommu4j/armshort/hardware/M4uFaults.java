package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.armshort.layout.M4uFault;
import io.github.iommu4j.armshort.layout.M4uFields.FaultVa;
import io.github.iommu4j.armshort.layout.M4uFields.IntControl0;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import java.util.List;

/**
 * How faults become registers: the first of each engine is kept until software clears it. Not thread-safe: guarded by the
 * {@link Translator}'s monitor.
 */
final class M4uFaults {

    private static final int HIGH_SHIFT = 32;

    private final M4uCapabilities capabilities;
    private final M4uRegisterFile file;
    private final SmiCommon common;
    /** INT_ID for each larb, port 0; -1 where there is none. */
    private final int[] places = new int[32];

    M4uFaults(M4uCapabilities capabilities, M4uRegisterFile file, SmiCommon common) {
        this.capabilities = capabilities;
        this.file = file;
        this.common = common;
        for (LarbWiring larb : capabilities.larbs()) {
            places[larb.larb()] = capabilities.layout().interruptId().pack(larb.common(), larb.subCommon(), 0);
        }
    }

    /**
     * One fault as the registers show it.
     *
     * @param cause what it is
     * @param engine which engine served the access
     * @param va FAULT_VA
     * @param pa INVLD_PA
     * @param id INT_ID
     */
    record Entry(M4uFault cause, int engine, int va, int pa, int id) {

        /** The registers of the fault: FAULT_ST1 with its bit alone, FAULT_VA, INVLD_PA, INT_ID. */
        List<Long> words() {
            return List.of((long) cause.bit(engine), va & 0xFFFF_FFFFL, pa & 0xFFFF_FFFFL, id & 0xFFFF_FFFFL);
        }
    }

    Entry entry(long fault, MasterId master, long address, int access) {
        long va = FaultVa.IOVA.inPlace(address) | FaultVa.WRITE.of((access & Access.WRITE_BIT) != 0 ? 1 : 0);
        if (capabilities.inputBits() > HIGH_SHIFT) {
            va |= FaultVa.IOVA_HIGH.of(address >>> HIGH_SHIFT);
        }
        long pa = FaultWord.isOutOfRange(fault) ? FaultWord.page(fault) | address & 0xFFF : 0;
        if (capabilities.outputBits() > HIGH_SHIFT) {
            va |= FaultVa.PA_HIGH.of(pa >>> HIGH_SHIFT);
        }
        M4uFault cause = FaultWord.isOutOfRange(fault) ? M4uFault.INVALID_PA_FAULT : M4uFault.TRANSLATION_FAULT;
        int id = places[master.larb()] | capabilities.layout().interruptId().pack(0, 0, master.port());
        return new Entry(cause, common.engine(master.larb()), (int) va, (int) pa, id);
    }

    /** Whether a fault of an engine finds its registers free. */
    boolean isFree(int engine) {
        return (file.get(M4uRegister.FAULT_ST1) & M4uFault.allOf(engine)) == 0;
    }

    /** The answer for a fault, before it is recorded. */
    long answer(Entry entry) {
        long packed =
                Translations.fault(entry.cause().code(), file.protects() ? FaultResponse.RAZ_WI : FaultResponse.ABORT);
        return isFree(entry.engine()) ? Translations.recorded(packed) : packed;
    }

    long record(long fault, int streamId, long address, int access) {
        Entry entry = entry(fault, MasterId.of(streamId), address, access);
        long answer = answer(entry);
        if (FaultWord.isExternalAbort(fault)) {
            int status = file.get(M4uRegister.L2_FAULT_ST);
            file.set(M4uRegister.L2_FAULT_ST, status | (int) IntControl0.TABLE_WALK.mask());
        }
        if (isFree(entry.engine())) {
            int engine = entry.engine();
            file.set(
                    M4uRegister.FAULT_ST1,
                    file.get(M4uRegister.FAULT_ST1) | entry.cause().bit(engine));
            file.set(M4uRegister.faultVa(engine), entry.va());
            file.set(M4uRegister.invldPa(engine), entry.pa());
            file.set(M4uRegister.intId(engine), entry.id());
        }
        return answer;
    }

    /** INT_CONTROL0.CLEAR: nothing is pending any more; addresses and ids stay. */
    void clear() {
        file.set(M4uRegister.FAULT_ST1, 0);
        file.set(M4uRegister.L2_FAULT_ST, 0);
    }
}
