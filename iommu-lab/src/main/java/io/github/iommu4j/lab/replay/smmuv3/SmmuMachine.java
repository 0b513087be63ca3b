package io.github.iommu4j.lab.replay.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.RegisterDump;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.machine.SparseMemoryLoader;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.util.Map;
import java.util.TreeMap;

/**
 * The machine of a capture, running again: memory that answers only where the capture has pages (and where the queues
 * lie), and an SMMUv3 with the captured registers. Not thread-safe.
 *
 * <p>By default the SMMUv3 has no TLB: captures speak of tables. Hand-built ones use global entries (nG=0) for different mappings of
 * several ASIDs of a VMID, which a TLB may then share (IHI 0070 §3.17), and rightly so.
 */
public final class SmmuMachine implements CapturedMachine {

    private static final BitField EVENTQS = bits(20, 16);
    private static final BitField CMDQS = bits(25, 21);
    private static final int EVENT_LG2 = 5;
    private static final int COMMAND_LG2 = 4;

    private final SparseMemory memory;
    private final TranslationUnit unit;
    private final Smmuv3Capabilities capabilities;
    private final EventQueue events;
    private final Map<String, Integer> faults = new TreeMap<>();
    private long translations;
    private long nanos;

    private SmmuMachine(SparseMemory memory, TranslationUnit unit, Smmuv3Capabilities capabilities, EventQueue events) {
        this.memory = memory;
        this.unit = unit;
        this.capabilities = capabilities;
        this.events = events;
    }

    /**
     * Restores a captured machine.
     *
     * @param capture the capture
     * @return the machine, with an empty event queue and without a TLB
     * @throws CaptureException when the registers describe hardware that cannot be modelled
     */
    public static SmmuMachine restore(Capture capture) throws CaptureException {
        return restore(capture, CacheGeometry.DEFAULT.withoutTlb());
    }

    /**
     * As {@link #restore(Capture)}, with caches to choose.
     *
     * @param capture the capture
     * @param caches how large they are
     * @return the machine, with an empty event queue
     * @throws CaptureException when the registers describe hardware that cannot be modelled
     */
    public static SmmuMachine restore(Capture capture, CacheGeometry caches) throws CaptureException {
        RegisterDump registers = capture.registers();
        SparseMemory memory = new SparseMemoryLoader(capture.image()).load();
        long idr1 = registers.require("IDR1");
        QueueGeometry eventQueue = QueueGeometry.of(registers.require("EVENTQ_BASE"), EVENTQS.getInt(idr1), EVENT_LG2);
        SparseMemoryLoader.addQueue(memory, "EVENTQ_BASE", eventQueue.base(), eventQueue.bytes());
        QueueGeometry commandQueue = QueueGeometry.of(registers.require("CMDQ_BASE"), CMDQS.getInt(idr1), COMMAND_LG2);
        SparseMemoryLoader.addQueue(memory, "CMDQ_BASE", commandQueue.base(), commandQueue.bytes());
        Smmuv3Capabilities capabilities = capabilities(registers);
        Smmuv3 unit =
                Smmuv3.builder(memory).capabilities(capabilities).caches(caches).build();
        new RegisterRestore(unit.registers(), registers).run();
        EventQueue events = new EventQueue(unit.registers(), memory, eventQueue);
        events.discardAll();
        return new SmmuMachine(memory, unit, capabilities, events);
    }

    private static Smmuv3Capabilities capabilities(RegisterDump registers) throws CaptureException {
        try {
            return Smmuv3Capabilities.fromIdRegisters(
                    (int) registers.require("IDR0"),
                    (int) registers.require("IDR1"),
                    (int) registers.require("IDR3"),
                    (int) registers.require("IDR5"),
                    (int) registers.require("AIDR"));
        } catch (IllegalArgumentException e) {
            throw new CaptureException("regs.csv: " + e.getMessage());
        }
    }

    /** Translates, and takes the event record the unit wrote for it. */
    Observation observe(DmaRequest request) {
        long start = System.nanoTime();
        Translation answer = unit.translate(request);
        nanos += System.nanoTime() - start;
        translations++;
        if (answer instanceof Translation.Fault fault) {
            faults.merge(fault.name(), 1, Integer::sum);
        }
        return new Observation(request, answer, events.take());
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, Access access) {
        long answer = unit.translate(streamId, substreamId, iova, access.bits());
        if (!Translations.isOk(answer)) {
            events.discardAll();
        }
        return answer;
    }

    /**
     * How many bits a SubstreamID has.
     *
     * @return IDR1.SSIDSIZE, 0 to 20
     */
    public int substreamBits() {
        return capabilities.ssidSize();
    }

    /** IAS: how many bits an input address that stage 1 does not translate may have (IHI 0070 §3.4). */
    int inputAddressBits() {
        return capabilities.iasBits();
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
    public TranslationUnit unit() {
        return unit;
    }

    /** Refusals so far, by the event's name. */
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
