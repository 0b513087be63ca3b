package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;

/** Reads along in a queue of an SMMUv3: what was written since it was last asked. */
final class SmmuQueue {

    private final PhysicalMemory memory;
    private final MmioRegion registers;
    private final SmmuRegister base;
    private final SmmuRegister producer;
    private final int words;
    private int readUpTo;

    SmmuQueue(PhysicalMemory memory, MmioRegion registers, Registers of, int words) {
        this.memory = memory;
        this.registers = registers;
        this.base = of.base();
        this.producer = of.producer();
        this.words = words;
    }

    /** Where a queue is, and how far it is written. */
    record Registers(SmmuRegister base, SmmuRegister producer) {}

    private long read(SmmuRegister register) {
        return registers.read(register.offset(), register.width());
    }

    /** The records, as words. */
    List<long[]> take() {
        long where = read(base);
        QueueIndex index = new QueueIndex(Queue.LOG2SIZE.getInt(where));
        int end = (int) read(producer);
        List<long[]> taken = new ArrayList<>();
        while (!index.isEmpty(end, readUpTo)) {
            long[] record = new long[words];
            memory.loadRun64(Queue.ADDR.inPlace(where) + 8L * words * index.index(readUpTo), record, words);
            taken.add(record);
            readUpTo = index.next(readUpTo);
        }
        return taken;
    }
}
