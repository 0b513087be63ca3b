package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.FaultRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.RegisterDump;
import io.github.iommu4j.lab.replay.vtd.WalkerNames;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registers and fault records of a VT-d unit (Intel VT-d §11.4). */
final class VtdDump implements Dump {

    private static final int FIRST_LINE = 2;
    private static final String REASON = "reason_";

    private final MmioRegion window;
    private final long cap;
    private final long ecap;
    private final long records;
    private final int count;
    /** Whether records wait to be read. */
    private final boolean pending;

    VtdDump(RunningModel model) {
        Vtd unit = (Vtd) model.unit();
        window = unit.registers();
        cap = unit.capabilities().cap();
        ecap = unit.capabilities().ecap();
        records = unit.capabilities().faultRecordOffset();
        count = unit.capabilities().faultRecords();
        pending = !records().isEmpty();
    }

    @Override
    public RegisterDump registers() {
        Map<String, RegisterDump.Register> registers = new LinkedHashMap<>();
        for (VtdRegister register : VtdRegister.values()) {
            boolean isRecord = register.base() != VtdRegister.Base.FIXED;
            if (register.isPresent(cap, ecap) && !isRecord) {
                put(registers, register.name(), register.offset(), register.width());
            }
        }
        for (int i = 0; i < count; i++) {
            put(registers, "FRCD" + i + "_LO", records + FaultRecord.BYTES * (long) i, Long.BYTES);
            put(registers, "FRCD" + i + "_HI", records + FaultRecord.BYTES * (long) i + Long.BYTES, Long.BYTES);
        }
        return new RegisterDump(registers);
    }

    private void put(Map<String, RegisterDump.Register> registers, String name, long offset, int width) {
        registers.put(name, new RegisterDump.Register(name, offset, width, window.read(offset, width)));
    }

    @Override
    public List<EventRow> events() {
        return List.of();
    }

    @Override
    public List<FaultRow> faults() {
        List<FaultRow> rows = new ArrayList<>();
        for (FaultRecord record : records()) {
            if (!record.hasPasid()) {
                Access access = FaultRecord.T1.isSet(record.high()) ? Access.READ : Access.WRITE;
                rows.add(new FaultRow(rows.size() + FIRST_LINE, record.sid(), record.page(), record.reason(), access));
            }
        }
        return rows;
    }

    private List<FaultRecord> records() {
        List<FaultRecord> full = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = records + FaultRecord.BYTES * (long) i;
            FaultRecord record = new FaultRecord(window.read(at, Long.BYTES), window.read(at + Long.BYTES, Long.BYTES));
            if (record.isFull()) {
                full.add(record);
            }
        }
        return full;
    }

    /**
     * A fault that nothing records (FPD) leaves nothing to compare but the refusal. While records wait to be read, other faults are
     * not recorded for that reason, and count as those that would be.
     */
    @Override
    public ProbeRow refused(long line, Explanation explanation) {
        Translation.Fault fault = (Translation.Fault) explanation.result();
        boolean recorded = fault.recorded() || pending;
        String event = recorded ? REASON + fault.code() : "";
        return Dump.probe(
                line,
                explanation.request(),
                recorded ? ProbeRow.Verdict.FAULT : ProbeRow.Verdict.NONE,
                new Answer(0, -1, event, List.of(), refusal(fault).orElse(Expectation.fault(REASON + fault.code()))));
    }

    @Override
    public Optional<Expectation> refusal(Translation answer) {
        return answer instanceof Translation.Fault fault
                ? WalkerNames.of(fault.code()).map(Expectation::fault)
                : Optional.empty();
    }
}
