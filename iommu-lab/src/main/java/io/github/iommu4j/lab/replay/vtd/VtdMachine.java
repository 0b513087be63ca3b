package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.RegisterDump;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.machine.SparseMemoryLoader;
import io.github.iommu4j.vtd.hardware.CacheGeometry;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.RegisterFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The machine of a capture, running again: memory that answers only where the capture has pages (and where the invalidation
 * queue lies), and a remapping unit with the captured registers. Not thread-safe.
 */
public final class VtdMachine implements CapturedMachine {

    private static final int PAGE_LG2 = 12;

    private final SparseMemory memory;
    private final Vtd unit;
    private final FaultRegisters faultRegisters;
    private final Map<String, Integer> faults = new TreeMap<>();
    private long translations;
    private long nanos;

    private VtdMachine(SparseMemory memory, Vtd unit) {
        this.memory = memory;
        this.unit = unit;
        this.faultRegisters = new FaultRegisters(unit.registers(), unit.capabilities());
    }

    /**
     * Restores a captured machine.
     *
     * @param capture the capture
     * @param caching whether it keeps answers
     * @return the machine, nothing cached and no fault recorded
     * @throws CaptureException when the registers describe hardware that cannot be modelled
     */
    public static VtdMachine restore(Capture capture, Caching caching) throws CaptureException {
        return restore(capture, caching == Caching.ON ? CacheGeometry.DEFAULT : CacheGeometry.OFF, Set.of());
    }

    /**
     * Restores a captured machine without caches that departs from the specification as a reference does.
     *
     * @param capture the capture
     * @param deviations how
     * @return the machine, no fault recorded
     * @throws CaptureException when the registers describe hardware that cannot be modelled
     */
    public static VtdMachine restore(Capture capture, Set<VtdDeviation> deviations) throws CaptureException {
        return restore(capture, CacheGeometry.OFF, deviations);
    }

    private static VtdMachine restore(Capture capture, CacheGeometry caches, Set<VtdDeviation> deviations)
            throws CaptureException {
        RegisterDump registers = capture.registers();
        SparseMemory memory = new SparseMemoryLoader(capture.image()).load();
        RegisterDump.Register queue = registers.find("IQA");
        if (queue != null && RegisterFields.Iqa.IQA.inPlace(queue.value()) != 0) {
            long bytes = 1L << PAGE_LG2 + RegisterFields.Iqa.QS.getInt(queue.value());
            SparseMemoryLoader.addQueue(memory, "IQA", RegisterFields.Iqa.IQA.inPlace(queue.value()), bytes);
        }
        Vtd unit = Vtd.builder(memory, capabilities(registers))
                .caches(caches)
                .deviations(deviations)
                .build();
        new RegisterRestore(unit.registers(), registers).run();
        return new VtdMachine(memory, unit);
    }

    private static VtdCapabilities capabilities(RegisterDump registers) throws CaptureException {
        long cap = registers.require("CAP");
        int addressWidth = (int) (cap >>> 16 & 0x3F) + 1;
        try {
            return VtdCapabilities.of(
                    (int) registers.require("VER"), cap, registers.require("ECAP"), Math.min(addressWidth, 52));
        } catch (IllegalArgumentException e) {
            throw new CaptureException("regs.csv: " + e.getMessage());
        }
    }

    /** The faults that the captured registers held, cleared by software or not. */
    static List<FaultRecord> heldRecords(RegisterDump registers) {
        List<FaultRecord> records = new ArrayList<>();
        for (int i = 0; ; i++) {
            RegisterDump.Register low = registers.find("FRCD" + i + "_LO");
            RegisterDump.Register high = registers.find("FRCD" + i + "_HI");
            if (low == null || high == null) {
                return records;
            }
            if (high.value() != 0) {
                records.add(new FaultRecord(low.value(), high.value()));
            }
        }
    }

    /** Translates, and takes the record the unit made of it. */
    Observation observe(DmaRequest request) {
        long start = System.nanoTime();
        Translation answer = unit.translate(request);
        nanos += System.nanoTime() - start;
        translations++;
        if (answer instanceof Translation.Fault fault) {
            faults.merge(fault.name(), 1, Integer::sum);
        }
        return new Observation(request, answer, faultRegisters.take());
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, Access access) {
        return unit.translate(streamId, substreamId, iova, access.bits());
    }

    @Override
    public Explanation explain(DmaRequest request) {
        return unit.explain(request);
    }

    @Override
    public SparseMemory memory() {
        return memory;
    }

    @Override
    public Vtd unit() {
        return unit;
    }

    /**
     * What the unit can do.
     *
     * @return as captured
     */
    public VtdCapabilities capabilities() {
        return unit.capabilities();
    }

    /** Refusals so far, by the fault's name. */
    Map<String, Integer> faults() {
        return faults;
    }

    long translations() {
        return translations;
    }

    long translationNanos() {
        return nanos;
    }
}
