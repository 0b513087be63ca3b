package io.github.iommu4j.bench;

import static io.github.iommu4j.bench.PageTable.ADDRESS;
import static io.github.iommu4j.bench.PageTable.offset;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** The dependent loads of a translation and nothing else. */
final class Bare {

    private Bare() {}

    /** Four loads, each address from the value before. */
    static long chase(PhysicalMemory memory, long root, long input) {
        long raw = memory.load64(root + offset(input, 0));
        raw = memory.load64(raw & ADDRESS | offset(input, 1));
        raw = memory.load64(raw & ADDRESS | offset(input, 2));
        raw = memory.load64(raw & ADDRESS | offset(input, 3));
        return raw & ADDRESS | input & 0xFFF;
    }

    /** Twenty-four loads: every stage-1 descriptor's address, and the result's, through four of stage 2. */
    static long chaseNested(PhysicalMemory memory, long stage2Root, long stage1Root, long input) {
        long raw = memory.load64(chase(memory, stage2Root, stage1Root | offset(input, 0)));
        raw = memory.load64(chase(memory, stage2Root, raw & ADDRESS | offset(input, 1)));
        raw = memory.load64(chase(memory, stage2Root, raw & ADDRESS | offset(input, 2)));
        raw = memory.load64(chase(memory, stage2Root, raw & ADDRESS | offset(input, 3)));
        return chase(memory, stage2Root, raw & ADDRESS | input & 0xFFF);
    }

    /** The eight words of an STE or a CD. */
    static long structure(PhysicalMemory memory, long address) {
        long mixed = 0;
        for (int word = 0; word < 8; word++) {
            mixed ^= memory.load64(address + 8L * word);
        }
        return mixed;
    }
}
