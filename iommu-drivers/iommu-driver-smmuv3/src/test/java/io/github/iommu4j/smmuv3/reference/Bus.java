package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** Physical memory in which an external abort is a missing value, and what is stored stays a plan. */
final class Bus {

    private final PhysicalMemory memory;
    private final Map<Long, Long> stored = new HashMap<>();

    Bus(PhysicalMemory memory) {
        this.memory = memory;
    }

    OptionalLong load(long pa) {
        Long planned = stored.get(pa);
        if (planned != null) {
            return OptionalLong.of(planned);
        }
        try {
            return OptionalLong.of(memory.load64(pa));
        } catch (BusErrorException nothingAnswered) {
            return OptionalLong.empty();
        }
    }

    void store(long pa, long raw) {
        stored.put(pa, raw);
    }

    /** What was stored since this was last asked. */
    Map<Long, Long> takeStored() {
        Map<Long, Long> taken = Map.copyOf(stored);
        stored.clear();
        return taken;
    }

    /** Eight words of a 64-byte structure, or nothing when any of them does not answer. */
    long[] loadStructure(long pa, Stop onAbort) {
        long[] words = new long[8];
        for (int i = 0; i < words.length; i++) {
            words[i] = load(pa + 8L * i).orElseThrow(() -> onAbort);
        }
        return words;
    }

    static long inOrder(long raw, boolean bigEndian) {
        return bigEndian ? Long.reverseBytes(raw) : raw;
    }
}
