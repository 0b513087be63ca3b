package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.testkit.explore.Operation.Effect;
import java.util.HashMap;
import java.util.Map;

/** Memory whose every load and store is a point where tasks can change; runs of words are done word by word. */
final class ExploredMemory implements PhysicalMemory {

    private final Execution execution;
    private final PhysicalMemory memory;
    private final Map<Long, Integer> objects = new HashMap<>();

    ExploredMemory(Execution execution, PhysicalMemory memory) {
        this.execution = execution;
        this.memory = memory;
    }

    private void point(long address, Effect effect, String what) {
        if (execution.isScheduling()) {
            int object = objects.computeIfAbsent(address >>> 3, word -> execution.newObject());
            execution.point(Operation.of(object, effect, what + " 0x" + Long.toHexString(address)));
        }
    }

    @Override
    public int load32(long address) {
        point(address, Effect.READS, "load32");
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        point(address, Effect.CHANGES, "store32");
        memory.store32(address, value);
    }

    @Override
    public long load64(long address) {
        point(address, Effect.READS, "load64");
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        point(address, Effect.CHANGES, "store64");
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        point(address, Effect.CHANGES, "cas64");
        return memory.compareAndSet64(address, expected, replacement);
    }

    @Override
    public boolean compareAndSet32(long address, int expected, int replacement) {
        point(address, Effect.CHANGES, "cas32");
        return memory.compareAndSet32(address, expected, replacement);
    }
}
