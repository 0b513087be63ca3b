package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** How the toy's hardware would read its tables. */
final class ToyHardware {

    private ToyHardware() {}

    static HardwareWalk.@Nullable Found walk(PhysicalMemory memory, long root, long iova) {
        long table = root;
        for (int shift = 20; shift >= 12; shift -= 4) {
            long raw = memory.load64(table + (iova >>> shift & 15) * 8);
            if ((raw & 1) == 0) {
                return null;
            }
            if ((raw & 2) != 0) {
                long offset = iova & (1L << shift) - 1;
                return new HardwareWalk.Found(
                        raw & 0xFFFF_F000L | offset, (raw & 4) != 0 ? Prot.READ_WRITE : Prot.READ);
            }
            table = raw & 0xFFFF_FF80L;
        }
        return null;
    }
}
