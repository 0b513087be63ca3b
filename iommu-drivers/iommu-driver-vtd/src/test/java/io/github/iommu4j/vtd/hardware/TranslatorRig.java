package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A translator over 64 MiB of memory, with structures that a test writes word by word. */
final class TranslatorRig {

    static final long RAM = 64L << 20;
    static final long ROOT = 0x1000;
    static final long CONTEXT = 0x2000;
    static final long UPPER_CONTEXT = 0x3000;
    static final long DIRECTORY = 0x4000;
    static final long PASIDS = 0x5000;
    /** Bus 0, device 2, function 0. */
    static final int SID = 0x10;
    /** Beyond memory, within 48 bits. */
    static final long NOWHERE = 0x10_0000_0000L;

    final SparseMemory memory = SparseMemory.empty();
    final List<FaultReport> reports = new ArrayList<>();
    final VtdCapabilities capabilities;
    final Translator unit;
    private long free = 0x10_0000;

    TranslatorRig(VtdCapabilities capabilities, CacheGeometry caches, Set<VtdDeviation> deviations) {
        this.capabilities = capabilities;
        memory.addRam(0, RAM);
        FaultSink sink = (reason, sid, pasid, info, attributes) ->
                reports.add(new FaultReport(reason, sid, pasid, info, attributes));
        unit = new Translator(memory, new Unit(capabilities, new Deviations(deviations)), sink, caches);
    }

    static TranslatorRig of(VtdCapabilities capabilities) {
        return new TranslatorRig(capabilities, CacheGeometry.DEFAULT, Set.of());
    }

    static TranslatorRig everything() {
        return of(VtdCapabilities.everything());
    }

    static TranslatorRig deviating(VtdCapabilities capabilities, VtdDeviation first, VtdDeviation... others) {
        return new TranslatorRig(capabilities, CacheGeometry.DEFAULT, EnumSet.of(first, others));
    }

    TranslatorRig mode(TableMode mode) {
        unit.control(new ControlState(true, mode, ROOT));
        return this;
    }

    long page() {
        free += 0x1000;
        return free - 0x1000;
    }

    TranslatorRig legacy(long low, long high) {
        mode(TableMode.LEGACY);
        memory.store64(ROOT, CONTEXT | 1);
        memory.store64(ROOT + 8, 0);
        memory.store64(CONTEXT + SID * 16L, low);
        memory.store64(CONTEXT + SID * 16L + 8, high);
        return this;
    }

    /** A legacy context with a 48-bit second stage, domain 1; returns its top table. */
    long legacyTable() {
        long top = page();
        legacy(top | 1, 0x102);
        return top;
    }

    /** A scalable context with the PASID directory, PASIDE and PRE, and one PASID table for PASIDs 0 to 63. */
    TranslatorRig scalable() {
        mode(TableMode.SCALABLE);
        memory.store64(ROOT, CONTEXT | 1);
        memory.store64(ROOT + 8, UPPER_CONTEXT | 1);
        context(DIRECTORY | 0x19, 0);
        memory.store64(DIRECTORY, PASIDS | 1);
        return this;
    }

    void context(long q0, long q1) {
        memory.store64(CONTEXT + SID * 32L, q0);
        memory.store64(CONTEXT + SID * 32L + 8, q1);
    }

    void pasid(int pasid, long q0, long q1, long q2) {
        long at = PASIDS + pasid * 64L;
        memory.store64(at, q0);
        memory.store64(at + 8, q1);
        memory.store64(at + 16, q2);
    }

    /** A PASID entry with a 48-bit second stage, snooped walks, domain 1; returns its top table. */
    long secondStage(int pasid, long more) {
        long top = page();
        pasid(pasid, top | 0x89 | more, 0x80_0001, 0);
        return top;
    }

    /** A PASID entry with a 4-level first stage, snooped walks, domain 1; returns its top table. */
    long firstStage(int pasid, long more) {
        long top = page();
        pasid(pasid, 0x41, 0x80_0001, top | more);
        return top;
    }

    /** Maps in four levels; tables get every right, the leaf is {@code leaf}. Returns where the leaf is. */
    long map(long top, long address, int leafLevel, long leaf) {
        return mapFrom(4, top, address, leafLevel, leaf);
    }

    long mapFrom(int topLevel, long top, long address, int leafLevel, long leaf) {
        long table = top;
        for (int level = topLevel; ; level--) {
            long at = entry(table, address, level);
            if (level == leafLevel) {
                memory.store64(at, leaf);
                return at;
            }
            if (memory.load64(at) == 0) {
                memory.store64(at, page() | 0x27);
            }
            table = memory.load64(at) & 0xF_FFFF_FFFF_F000L;
        }
    }

    static long entry(long table, long address, int level) {
        return table + (address >>> 3 + 9 * level & 511) * 8;
    }

    Translation read(long iova) {
        return unit.translate(DmaRequest.read(SID, iova));
    }

    Translation write(long iova) {
        return unit.translate(DmaRequest.write(SID, iova));
    }

    Translation tagged(int pasid, long iova, Access access) {
        return unit.translate(DmaRequest.of(SID, iova, access).withSubstream(pasid));
    }

    /** The code of a fault; -1 for a success. */
    static int code(Translation answer) {
        return answer instanceof Translation.Fault fault ? fault.code() : -1;
    }

    /** The address of a success. */
    static long pa(Translation answer) {
        if (answer instanceof Translation.Ok ok) {
            return ok.pa();
        }
        throw new AssertionError(answer.toString());
    }
}
