package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads a unit's fault records (Intel VT-d §7.2), tells the log, and the handler of the device's domain. */
final class FaultReader {

    private static final int FAULT_BIT = 0x8000_0000;
    private static final int INTERRUPT_REASONS = 0x20;
    private static final int INTERRUPT_REASONS_END = 0x30;

    private final VtdUnit unit;
    private final DeviceAttach devices;
    private final UnitRegisters registers;
    private final VtdHost host;

    FaultReader(VtdUnit unit, DeviceAttach devices) {
        this.unit = unit;
        this.devices = devices;
        this.registers = unit.parts().registers();
        this.host = unit.parts().host();
    }

    /**
     * Does what the interrupt's handler does.
     *
     * @return {@code false} when there was no fault
     */
    boolean step() {
        List<FaultRecord> records = registers.locked(this::drain);
        records.forEach(this::handle);
        return !records.isEmpty();
    }

    /** From the first record on, up to one that holds nothing; each is given back at once. */
    private List<FaultRecord> drain() {
        List<FaultRecord> records = new ArrayList<>();
        long status = registers.read(VtdRegister.FSTS);
        if (!Fsts.PPF.isSet(status)) {
            clearOverflow(status);
            return records;
        }
        host.kernel()
                .log()
                .print(KernelLog.Level.ERR, String.format("DMAR: DRHD: handling fault status reg %x", status));
        int count = unit.parts().capabilities().faultRecords();
        int index = Fsts.FRI.getInt(status);
        for (int read = 0; read < count; read++) {
            FaultRecord record = new FaultRecord(
                    registers.readRecord(VtdRegister.FRCD_LOW, index),
                    registers.readRecord(VtdRegister.FRCD_HIGH, index));
            if (!record.isFull()) {
                break;
            }
            registers.writeRecordStatus(index, FAULT_BIT);
            records.add(record);
            index = (index + 1) % count;
        }
        registers.write(VtdRegister.FSTS, Fsts.PFO.mask() | Fsts.PPF.mask() | Fsts.PRO.mask());
        return records;
    }

    private void clearOverflow(long status) {
        if (Fsts.PFO.isSet(status)) {
            registers.write(VtdRegister.FSTS, Fsts.PFO.mask());
        }
    }

    private void handle(FaultRecord record) {
        host.kernel().log().print(KernelLog.Level.ERR, text(record));
        boolean interrupt = record.reason() >= INTERRUPT_REASONS && record.reason() < INTERRUPT_REASONS_END;
        DeviceInfo device = devices.find(unit, record.sid());
        if (interrupt || device == null) {
            return;
        }
        VtdDomain attached = record.hasPasid() && record.pasid() != DeviceInfo.NO_PASID
                ? device.pasidDomains().get(record.pasid())
                : device.domain();
        IommuDomain domain = attached == null ? null : attached.domain();
        if (domain != null) {
            host.kernel()
                    .faults()
                    .report(domain, device.device(), record.page(), isRead(record) ? Access.READ : Access.WRITE);
        }
    }

    private static boolean isRead(FaultRecord record) {
        return FaultRecord.T1.isSet(record.high());
    }

    private static String text(FaultRecord record) {
        int sid = record.sid();
        String device = String.format("[%02x:%02x.%d]", sid >>> 8, sid >>> 3 & 0x1F, sid & 7);
        String reason = FaultReason.of(record.reason())
                .map(each -> each.label() + ": " + each.condition())
                .orElse("Unknown");
        int code = record.reason();
        if (code >= INTERRUPT_REASONS && code < INTERRUPT_REASONS_END) {
            return String.format(
                    Locale.ROOT,
                    "DMAR: [INTR-REMAP] Request device %s fault index 0x%x [fault reason 0x%02x] %s",
                    device,
                    record.interruptIndex(),
                    code,
                    reason);
        }
        String pasid = record.hasPasid() ? String.format("PASID 0x%x", record.pasid()) : "NO_PASID";
        return String.format(
                Locale.ROOT,
                "DMAR: [DMA %s %s] Request device %s fault addr 0x%x [fault reason 0x%02x] %s",
                isRead(record) ? "Read" : "Write",
                pasid,
                device,
                record.page(),
                code,
                reason);
    }
}
