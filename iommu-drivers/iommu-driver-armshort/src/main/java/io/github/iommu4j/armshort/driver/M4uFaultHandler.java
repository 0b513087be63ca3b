package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.armshort.layout.InterruptIdLayout;
import io.github.iommu4j.armshort.layout.M4uFault;
import io.github.iommu4j.armshort.layout.M4uFields.FaultVa;
import io.github.iommu4j.armshort.layout.M4uFields.IntControl0;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.core.trace.RateLimit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Handles the M4U's interrupt: reads one fault, hands it to the domain's handler, prints a line when nobody took it,
 * clears it and flushes the TLB. When both engines have a fault only the first one's is told. Runs in interrupt context.
 */
final class M4uFaultHandler implements Runnable {

    private static final int HIGH_SHIFT = 32;

    private final M4uUnit unit;
    private final IommuCore core;
    private final Mmio registers;
    private final RateLimit limit;
    private final Supplier<@Nullable IommuDomain> domain;

    /**
     * A handler of one M4U's interrupts.
     *
     * @param domain gives the domain whose faults these are, or {@code null}
     */
    M4uFaultHandler(M4uUnit unit, Supplier<@Nullable IommuDomain> domain) {
        this.unit = unit;
        this.core = unit.host().core();
        this.registers = unit.registers();
        this.limit = new RateLimit(core.locking(), unit.host().clock()::nanos);
        this.domain = domain;
    }

    /** What the registers say of a fault. */
    private record Fault(int state, long iova, long pa, int id, int layer, Access access) {}

    @Override
    public void run() {
        Fault fault = read();
        IommuDomain of = domain.get();
        Errno answer = of == null ? Errno.ENOSYS : core.reportFault(of, unit.device(), fault.iova(), fault.access());
        if (answer != null && limit.allows()) {
            core.log().print(KernelLog.Level.ERR, text(fault));
        }
        registers.set(M4uRegister.INT_CONTROL0.offset(), IntControl0.CLEAR.mask());
        unit.tlb().flushAll();
    }

    private Fault read() {
        int state = registers.read(M4uRegister.FAULT_ST1);
        int engine = (state & M4uFault.allOf(0)) != 0 ? 0 : 1;
        int id = registers.read(M4uRegister.intId(engine));
        int va = registers.read(M4uRegister.faultVa(engine));
        int pa = registers.read(M4uRegister.invldPa(engine));
        long iova = address(va);
        boolean late = core.has(M4uErratum.PA_HIGH_BITS_AFTER_MASK);
        long high = FaultVa.PA_HIGH.get(late ? iova : va);
        return new Fault(
                state,
                iova,
                pa & 0xFFFF_FFFFL | high << HIGH_SHIFT,
                id,
                FaultVa.LAYER.getInt(va),
                FaultVa.WRITE.isSet(va) ? Access.WRITE : Access.READ);
    }

    private long address(int va) {
        if (unit.platform().has(M4uFlag.IOVA_34_EN)) {
            return FaultVa.IOVA.inPlace(va) | FaultVa.IOVA_HIGH.get(va) << HIGH_SHIFT;
        }
        return core.has(M4uErratum.FAULT_ADDRESS_KEEPS_FLAGS) ? va & 0xFFFF_FFFFL : FaultVa.IOVA.inPlace(va);
    }

    private String text(Fault fault) {
        InterruptIdLayout layout = unit.platform().layout().interruptId();
        int larb = unit.platform().larb(layout.common(fault.id()), layout.subCommon(fault.id()));
        if (larb == M4uPlatform.UNKNOWN_LARB && core.has(M4uErratum.UNKNOWN_LARB_IS_ZERO)) {
            larb = 0;
        }
        return String.format(
                "%s: fault 0x%x at iova 0x%x, pa 0x%x, by 0x%x (larb %s port %d), layer %d, %s",
                unit.device().name(),
                fault.state(),
                fault.iova(),
                fault.pa(),
                fault.id(),
                larb == M4uPlatform.UNKNOWN_LARB ? "?" : String.valueOf(larb),
                layout.port(fault.id()),
                fault.layer(),
                fault.access() == Access.WRITE ? "write" : "read");
    }
}
