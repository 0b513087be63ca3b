package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.OptionalLong;

/** Physical memory in which an external abort is a missing value. */
final class Bus {

    private final PhysicalMemory memory;

    Bus(PhysicalMemory memory) {
        this.memory = memory;
    }

    OptionalLong load(long pa) {
        try {
            return OptionalLong.of(memory.load64(pa));
        } catch (BusErrorException nothingAnswered) {
            return OptionalLong.empty();
        }
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
