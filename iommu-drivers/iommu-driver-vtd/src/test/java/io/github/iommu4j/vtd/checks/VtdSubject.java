package io.github.iommu4j.vtd.checks;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import java.util.List;

/** A unit in legacy or scalable mode, programmed with three functions: two with tables and one that passes through. */
final class VtdSubject implements TranslationUnitSubject {

    private static final long ROOT = 0x1000;
    private static final long CONTEXT = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long PASIDS = 0x4000;
    private static final long TABLES = 0x10_0000;
    private static final long IOVA = 0x12_3456_7000L;
    private static final int RTADDR = 0x20;
    private static final int GCMD = 0x18;
    private static final long SRTP = 1L << 30;
    private static final long TE = 1L << 31;

    /** Which structures are written. */
    enum Mode {
        LEGACY,
        SCALABLE
    }

    private final Mode mode;

    VtdSubject(Mode mode) {
        this.mode = mode;
    }

    @Override
    public BeforeProgramming beforeProgramming() {
        return BeforeProgramming.PASSES;
    }

    @Override
    public TranslationUnit afterReset(PhysicalMemory memory) {
        return Vtd.builder(memory, VtdCapabilities.everything()).build();
    }

    @Override
    public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
        long first = tables(memory, 0, 0x8_0000_1067L);
        long second = tables(memory, 1, 0x9_0000_1001L);
        memory.store64(ROOT, CONTEXT | 1);
        if (mode == Mode.LEGACY) {
            legacy(memory, 8, tables(memory, 2, 0x8_0000_1003L) | 1, 0x102);
            legacy(memory, 9, second | 1, 0x202);
            legacy(memory, 10, 9, 0x303);
        } else {
            for (int devfn = 8; devfn <= 10; devfn++) {
                memory.store64(CONTEXT + devfn * 32L, DIRECTORY | 0x19);
                memory.store64(CONTEXT + devfn * 32L + 8, devfn);
            }
            memory.store64(DIRECTORY, PASIDS | 1);
            pasid(memory, 8, 0x41, 0x80_0001, first);
            pasid(memory, 9, second | 0x89, 2, 0);
            pasid(memory, 10, 0x10D, 3, 0);
        }
        MmioRegion registers = unit.registers();
        registers.write(RTADDR, 8, ROOT | (long) mode.ordinal() << 10);
        registers.write(GCMD, 4, SRTP);
        registers.write(GCMD, 4, TE);
        return new Traffic(
                List.of(
                        DmaRequest.read(8, IOVA),
                        DmaRequest.write(8, IOVA + 0xFF8),
                        DmaRequest.read(9, IOVA + 8),
                        DmaRequest.write(10, 0x1234_5678L)),
                List.of(
                        DmaRequest.read(7, IOVA),
                        DmaRequest.read(8, IOVA + 0x1000),
                        DmaRequest.write(9, IOVA),
                        DmaRequest.write(9, 1L << 50),
                        DmaRequest.read(0x1_0000, IOVA)));
    }

    private static void legacy(PhysicalMemory memory, int devfn, long low, long high) {
        memory.store64(CONTEXT + devfn * 16L, low);
        memory.store64(CONTEXT + devfn * 16L + 8, high);
    }

    private static void pasid(PhysicalMemory memory, int pasid, long q0, long q1, long q2) {
        memory.store64(PASIDS + pasid * 64L, q0);
        memory.store64(PASIDS + pasid * 64L + 8, q1);
        memory.store64(PASIDS + pasid * 64L + 16, q2);
    }

    /** Four levels that end in one entry; returns the top table. */
    private static long tables(PhysicalMemory memory, int number, long leaf) {
        long table = TABLES + number * 0x4000L;
        for (int level = 4; level > 1; level--) {
            memory.store64(table + (IOVA >>> 3 + 9 * level & 511) * 8, table + 0x1000 | 0x27);
            table += 0x1000;
        }
        memory.store64(table + (IOVA >>> 12 & 511) * 8, leaf);
        return TABLES + number * 0x4000L;
    }
}
