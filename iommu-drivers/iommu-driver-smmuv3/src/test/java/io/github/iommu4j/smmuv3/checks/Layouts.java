package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Small fixed tables for the tests that need to know where everything is: one page, at input address {@link #INPUT},
 * in three levels of 4 KiB tables (39 input bits).
 */
final class Layouts {

    static final long INPUT = 0x12_3456_7000L;
    static final long STREAM_TABLE = 0x4000_0000L;
    static final int STREAM_TABLE_CONFIG = 4;

    private static final long TABLE = 3;
    private static final long AF = 1L << 10;
    private static final long NOT_GLOBAL = 1L << 11;
    private static final long STAGE1_READ_WRITE = 1L << 6;
    private static final long STAGE2_READ_WRITE = 3L << 6 | 0xFL << 2;

    private Layouts() {}

    /** A page descriptor of stage 1: read and write for everyone, not global. */
    static long stage1Page(long output) {
        return output | AF | NOT_GLOBAL | STAGE1_READ_WRITE | 3;
    }

    /** A page descriptor of stage 2: read and write. */
    static long stage2Page(long output) {
        return output | AF | STAGE2_READ_WRITE | 3;
    }

    /** Builds three tables at {@code root} and the 8 KiB behind it; answers where the page descriptor goes. */
    static long tables(PhysicalMemory memory, long root, long input) {
        memory.store64(root + 8 * (input >>> 30 & 511), root + 0x1000 | TABLE);
        memory.store64(root + 0x1000 + 8 * (input >>> 21 & 511), root + 0x2000 | TABLE);
        return root + 0x2000 + 8 * (input >>> 12 & 511);
    }

    /** A CD with 39 input bits below TTB0, nothing above, faults aborted and recorded. */
    static void context(PhysicalMemory memory, long address, int asid, long root) {
        memory.store64(address + 8, root);
        memory.store64(address, 25L | 1L << 30 | 1L << 31 | 4L << 32 | 1L << 41 | 3L << 45 | (long) asid << 48);
    }

    static long streamEntry(int streamId) {
        return STREAM_TABLE + 64L * streamId;
    }

    static void bypassStream(PhysicalMemory memory, int streamId) {
        memory.store64(streamEntry(streamId), 1 | 0b100 << 1);
    }

    static void stage1Stream(PhysicalMemory memory, int streamId, int vmid, long context) {
        memory.store64(streamEntry(streamId) + 16, vmid);
        memory.store64(streamEntry(streamId), 1 | 0b101 << 1 | context);
    }

    /** 39 input bits from level 1, faults recorded. */
    static void stage2Stream(PhysicalMemory memory, int streamId, int vmid, long root) {
        memory.store64(streamEntry(streamId) + 16, stage2(vmid));
        memory.store64(streamEntry(streamId) + 24, root);
        memory.store64(streamEntry(streamId), 1 | 0b110 << 1);
    }

    static void nestedStream(PhysicalMemory memory, int streamId, int vmid, long context, long root) {
        memory.store64(streamEntry(streamId) + 16, stage2(vmid));
        memory.store64(streamEntry(streamId) + 24, root);
        memory.store64(streamEntry(streamId), 1 | 0b111 << 1 | context);
    }

    private static long stage2(int vmid) {
        return vmid | 25L << 32 | 1L << 38 | 4L << 48 | 1L << 51 | 1L << 58;
    }
}
