package io.github.iommu4j.lab.recording;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.FaultRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.RegisterDump;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registers and event queue of an SMMUv3 (IHI 0070 §6.2, §7.2). */
final class SmmuDump implements Dump {

    private static final BitField LOG2SIZE = bits(4, 0);
    private static final BitField ADDRESS = bits(51, 5);
    private static final BitField INDEX = bits(19, 0);
    private static final int FIRST_LINE = 2;

    private final RunningModel model;

    SmmuDump(RunningModel model) {
        this.model = model;
    }

    @Override
    public RegisterDump registers() {
        MmioRegion window = model.unit().registers();
        Map<String, RegisterDump.Register> registers = new LinkedHashMap<>();
        for (SmmuRegister register : SmmuRegister.values()) {
            long value = window.read(register.offset(), register.width());
            registers.put(
                    register.name(),
                    new RegisterDump.Register(register.name(), register.offset(), register.width(), value));
        }
        return new RegisterDump(registers);
    }

    private long read(SmmuRegister register) {
        return model.unit().registers().read(register.offset(), register.width());
    }

    @Override
    public List<EventRow> events() {
        long base = read(SmmuRegister.EVENTQ_BASE);
        int sizeLg2 = Math.min(LOG2SIZE.getInt(base), IdField.EVENTQS.get((int) read(SmmuRegister.IDR1)));
        long bytes = Math.max(EventRecord.BYTES, EventRecord.BYTES << sizeLg2);
        long wraps = (2L << sizeLg2) - 1;
        List<EventRow> rows = new ArrayList<>();
        long produced = INDEX.get(read(SmmuRegister.EVENTQ_PROD)) & wraps;
        for (long at = INDEX.get(read(SmmuRegister.EVENTQ_CONS)) & wraps; at != produced; at = at + 1 & wraps) {
            long address = (ADDRESS.inPlace(base) & -bytes) + (at & wraps >> 1) * EventRecord.BYTES;
            rows.add(row(rows.size() + FIRST_LINE, EventRecord.readFrom(model.memory(), address)));
        }
        return rows;
    }

    private static EventRow row(long line, EventRecord record) {
        List<Long> words = List.of(record.dw0(), record.dw1(), record.dw2(), record.dw3());
        String name = record.type().map(EventType::name).orElse("EVENT_" + record.number());
        return new EventRow(line, name, words, words);
    }

    @Override
    public List<FaultRow> faults() {
        return List.of();
    }

    @Override
    public ProbeRow refused(long line, Explanation explanation) {
        Expectation refusal = refusal(explanation.result()).orElseThrow();
        boolean silent = refusal.fault().equals(Expectation.SILENT);
        String event = explanation.event().isEmpty() ? "" : refusal.fault();
        return Dump.probe(
                line,
                explanation.request(),
                silent ? ProbeRow.Verdict.ABORT : ProbeRow.Verdict.FAULT,
                new Answer(0, -1, event, explanation.event(), refusal));
    }

    @Override
    public Optional<Expectation> refusal(Translation answer) {
        return switch (answer.kind()) {
            case OK -> Optional.empty();
            case FAULT -> {
                Translation.Fault fault = (Translation.Fault) answer;
                yield Optional.of(Expectation.fault(fault.code() == 0 ? Expectation.SILENT : fault.name()));
            }
            case STALLED -> Optional.of(Expectation.fault(((Translation.Stalled) answer).name()));
        };
    }
}
