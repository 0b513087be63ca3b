package io.github.iommu4j.vtd.reference;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.Map;
import java.util.TreeMap;

/** Memory as one request sees it: what it sets itself stays in an overlay. */
final class Bus {

    final Map<Long, Long> updates = new TreeMap<>();
    private final PhysicalMemory memory;

    Bus(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** A word, or a stop with the code for a read that was not answered. */
    long read(long address, int codeOfFailure) {
        try {
            return memory.load64(address) | updates.getOrDefault(address, 0L);
        } catch (BusErrorException e) {
            throw new Stop(codeOfFailure);
        }
    }

    /** Several words. */
    long[] read(long address, int words, int codeOfFailure) {
        long[] all = new long[words];
        for (int i = 0; i < words; i++) {
            all[i] = read(address + 8L * i, codeOfFailure);
        }
        return all;
    }

    void set(long address, long bits) {
        updates.merge(address, bits, (a, b) -> a | b);
    }
}
