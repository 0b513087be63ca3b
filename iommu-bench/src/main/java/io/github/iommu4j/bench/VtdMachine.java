package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.hardware.CacheGeometry;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;

/**
 * A machine with VT-d tables in scalable mode for three PASIDs: 1 with a second stage, 2 with a first stage, 3 with a first
 * stage over a second. All map the same input addresses; A and D bits are set already.
 */
final class VtdMachine {

    static final int SID = 0x10;
    static final int SECOND_STAGE = 1;
    static final int FIRST_STAGE = 2;
    static final int NESTED = 3;
    static final long PAGE = 4096;

    private static final long ROOT = 0x1000_0000L;
    private static final long CONTEXT = 0x1000_1000L;
    private static final long DIRECTORY = 0x1000_2000L;
    private static final long PASIDS = 0x1000_3000L;
    private static final long TABLES = 0x2000_0000L;
    private static final long GUEST_TABLES = 0x6000_0000L;
    private static final long OUTPUT_OFFSET = 0x10_0000_0000L;
    private static final long USED = 0x64;
    private static final long SNOOPED = 1L << 23;

    final SparseMemory memory = new SparseMemory();
    final PageTable second;
    final PageTable first;
    final PageTable nestedFirst;
    final PageTable nestedSecond;
    private long nextTable = TABLES;
    private long nextGuestTable = GUEST_TABLES;

    VtdMachine() {
        second = new PageTable(memory, this::takeTable, address -> address, 0);
        first = new PageTable(memory, this::takeTable, address -> address, USED).tablesWith(USED);
        nestedSecond = new PageTable(memory, this::takeTable, address -> address, 0);
        nestedFirst = new PageTable(memory, this::takeGuestTable, VtdMachine::host, USED).tablesWith(USED);
        memory.store64(ROOT, CONTEXT | 1);
        memory.store64(CONTEXT + SID * 32L, DIRECTORY | 9);
        memory.store64(DIRECTORY, PASIDS | 1);
        pasid(SECOND_STAGE, second.root() | 0x89, 0);
        pasid(FIRST_STAGE, 0x41, first.root());
        pasid(NESTED, nestedSecond.root() | 0xC9, nestedFirst.root());
    }

    private void pasid(int pasid, long q0, long q2) {
        memory.store64(PASIDS + 64L * pasid, q0);
        memory.store64(PASIDS + 64L * pasid + 8, pasid | SNOOPED);
        memory.store64(PASIDS + 64L * pasid + 16, q2);
    }

    /** Maps pages for every PASID. */
    void map(long input, int pages) {
        for (int i = 0; i < pages; i++) {
            long address = input + i * PAGE;
            second.map(address, host(address));
            first.map(address, host(address));
            nestedFirst.map(address, address);
            nestedSecond.map(address, host(address));
        }
    }

    /** A unit that uses the tables. */
    TranslationUnit unit(CacheGeometry caches) {
        TranslationUnit unit =
                Vtd.builder(memory, VtdCapabilities.everything()).caches(caches).build();
        MmioRegion registers = unit.registers();
        registers.write(0x20, 8, ROOT | 1 << 10);
        registers.write(0x18, 4, 1L << 30);
        registers.write(0x18, 4, 1L << 31);
        return unit;
    }

    private long takeTable() {
        nextTable += PAGE;
        return nextTable;
    }

    private long takeGuestTable() {
        nextGuestTable += PAGE;
        nestedSecond.map(nextGuestTable, host(nextGuestTable));
        return nextGuestTable;
    }

    private static long host(long address) {
        return address + OUTPUT_OFFSET;
    }
}
