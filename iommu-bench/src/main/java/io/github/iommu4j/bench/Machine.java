package io.github.iommu4j.bench;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.memory.SparseMemory;

/**
 * A machine with tables for two streams: stream 1 with stage 1, stream 2 with stage 1 over stage 2. Both map the same
 * input addresses.
 */
final class Machine {

    static final int STAGE1_STREAM = 1;
    static final int NESTED_STREAM = 2;
    static final long PAGE = 4096;

    private static final long STREAM_TABLE = 0x1000_0000L;
    private static final long DESCRIPTOR = 0x1001_0000L;
    private static final long TABLES = 0x2000_0000L;
    private static final long GUEST_TABLES = 0x6000_0000L;
    private static final long GUEST_DESCRIPTOR = 0x5000_0000L;
    private static final long OUTPUT_OFFSET = 0x10_0000_0000L;

    private static final long AF = 1L << 10;
    private static final long SHAREABLE = 3L << 8;
    private static final long STAGE1_PAGE = AF | SHAREABLE | 1L << 6 | 1L << 11;
    private static final long STAGE2_PAGE = AF | SHAREABLE | 3L << 6 | 0xFL << 2;
    private static final long CD = 16L | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 3L << 45;
    private static final long STAGE2 = 16L << 32 | 2L << 38 | 5L << 48 | 1L << 51 | 1L << 58;

    final SparseMemory memory = new SparseMemory();
    final PageTable stage1;
    final PageTable nestedStage1;
    final PageTable stage2;
    private long nextTable = TABLES;
    private long nextGuestTable = GUEST_TABLES;

    Machine() {
        stage1 = new PageTable(memory, this::takeTable, address -> address, STAGE1_PAGE);
        stage2 = new PageTable(memory, this::takeTable, address -> address, STAGE2_PAGE);
        nestedStage1 = new PageTable(memory, this::takeGuestTable, Machine::guestPhysical, STAGE1_PAGE);
        stage2.map(GUEST_DESCRIPTOR, guestPhysical(GUEST_DESCRIPTOR));
        writeDescriptor(DESCRIPTOR, stage1.root(), 1);
        writeDescriptor(guestPhysical(GUEST_DESCRIPTOR), nestedStage1.root(), 2);
        writeEntry(STAGE1_STREAM, 0b101, DESCRIPTOR, 1, 0);
        writeEntry(NESTED_STREAM, 0b111, GUEST_DESCRIPTOR, 2 | STAGE2, stage2.root());
    }

    /** Maps pages of the first stream. */
    void mapStage1(long input, int pages) {
        for (int i = 0; i < pages; i++) {
            long address = input + i * PAGE;
            stage1.map(address, OUTPUT_OFFSET + address);
        }
    }

    /** Maps pages of the second stream, through both stages. */
    void mapNested(long input, int pages) {
        for (int i = 0; i < pages; i++) {
            long address = input + i * PAGE;
            nestedStage1.map(address, address);
            stage2.map(address, OUTPUT_OFFSET + address);
        }
    }

    long streamEntry(int stream) {
        return STREAM_TABLE + 64L * stream;
    }

    long descriptor() {
        return DESCRIPTOR;
    }

    /** Programs an SMMU to use the tables, without its queues. */
    void enable(MmioRegion registers) {
        registers.write(0x80, 8, STREAM_TABLE);
        registers.write(0x88, 4, 2);
        registers.write(0x20, 4, 1);
    }

    private long takeTable() {
        nextTable += PAGE;
        return nextTable;
    }

    private long takeGuestTable() {
        nextGuestTable += PAGE;
        stage2.map(nextGuestTable, guestPhysical(nextGuestTable));
        return nextGuestTable;
    }

    private static long guestPhysical(long address) {
        return address + OUTPUT_OFFSET;
    }

    private void writeDescriptor(long address, long root, long asid) {
        memory.store64(address + 8, root);
        memory.store64(address + 24, 0xFF);
        memory.store64(address, CD | asid << 48);
    }

    private void writeEntry(int stream, long config, long contextPointer, long dw2, long stage2Root) {
        long address = streamEntry(stream);
        memory.store64(address + 8, 1L << 44);
        memory.store64(address + 16, dw2);
        memory.store64(address + 24, stage2Root);
        memory.store64(address, contextPointer | config << 1 | 1);
    }
}
