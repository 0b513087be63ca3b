package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.PageRequestRecord;
import io.github.iommu4j.testkit.machine.EndpointMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An SMMU with ATS and page requests, one stream with a few PASIDs, and software that maps pages of 4 KiB and invalidates as
 * it must. All that software knows stands in {@link #pages}.
 */
final class DeviceMachine {

    static final int STREAM = 5;
    static final int PASIDS_LG2 = 2;
    static final int PRIQ_LG2 = 2;

    private static final long RAM = 0x4000_0000L;
    private static final long STREAMS = RAM;
    private static final long CONTEXTS = RAM + 0x1_0000;
    private static final long COMMANDS = RAM + 0x2_0000;
    private static final long EVENTS = RAM + 0x3_0000;
    private static final long REQUESTS = RAM + 0x4_0000;
    private static final long TABLES = RAM + 0x10_0000;
    /** Where the memory of the device's pages begins. */
    static final long DATA = RAM + 0x100_0000;

    private static final long PAGE = 0xC43;
    private static final long READ_ONLY = 1 << 7;
    private static final int COMMANDS_LG2 = 6;
    private static final int ATC_INV = 0x40, PRI_RESP = 0x41, SYNC = 0x46, TLBI_NH_VA = 0x12;
    private static final int OVERFLOW = 1 << 31;

    /** What software knows of a page. */
    record Page(long pa, boolean writable) {}

    final SparseMemory memory = SparseMemory.empty();
    final EndpointMap endpoints = new EndpointMap();
    final Smmuv3 smmu;
    /** By PASID and page number. */
    final Map<Long, Page> pages = new HashMap<>();
    /** Requests of groups whose last one software has not seen. */
    private final Map<Integer, List<PageRequestMessage>> open = new HashMap<>();

    private int produced;
    private int consumed;
    private long nextTable = TABLES;

    DeviceMachine(Smmuv3Capabilities capabilities, CommandProcessing processing) {
        memory.addRam(RAM, 1L << 28);
        smmu = Smmuv3.builder(memory)
                .capabilities(capabilities)
                .commandProcessing(processing)
                .endpoints(endpoints)
                .build();
        for (int pasid = 0; pasid < 1 << PASIDS_LG2; pasid++) {
            context(CONTEXTS + 64L * pasid, pasid);
        }
        long ste = STREAMS + 64L * STREAM;
        memory.store64(ste + 8, 1L << 44 | 1L << 28 | 2);
        memory.store64(ste, (long) PASIDS_LG2 << 59 | CONTEXTS | 5 << 1 | 1);
        start();
    }

    DeviceMachine() {
        this(Smmuv3Capabilities.everything(), CommandProcessing.ON_DOORBELL);
    }

    private void context(long at, int pasid) {
        memory.store64(at + 8, table());
        memory.store64(at + 24, 0x04_44_00_FFL);
        memory.store64(at, 25 | 1 << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 3L << 45 | (long) pasid << 48);
    }

    private long table() {
        nextTable += 4096;
        return nextTable - 4096;
    }

    private void start() {
        smmu.registers().write(0x80, 8, STREAMS);
        write(0x88, 4);
        write(0x2C, 2);
        smmu.registers().write(0x90, 8, COMMANDS | COMMANDS_LG2);
        smmu.registers().write(0xA0, 8, EVENTS | 8);
        smmu.registers().write(0xC0, 8, REQUESTS | PRIQ_LG2);
        write(0x20, 15);
    }

    private void write(int offset, int value) {
        smmu.registers().write(offset, 4, Integer.toUnsignedLong(value));
    }

    int read(int offset) {
        return (int) smmu.registers().read(offset, 4);
    }

    static long key(int pasid, long page) {
        return (long) (pasid + 1) << 40 | page;
    }

    private long root(int pasid) {
        return memory.load64(CONTEXTS + 64L * Math.max(0, pasid) + 8);
    }

    private long slot(int pasid, long iova) {
        long table = root(pasid);
        for (int level = 1; level < 3; level++) {
            long slot = table + (iova >>> 39 - 9 * level & 0x1FF) * 8;
            if ((memory.load64(slot) & 1) == 0) {
                memory.store64(slot, table() | 3);
            }
            table = memory.load64(slot) & 0xFFFF_FFFF_F000L;
        }
        return table + (iova >>> 12 & 0x1FF) * 8;
    }

    /** Maps a page that is not mapped: nothing has to be invalidated. */
    void map(int pasid, long page, Page to) {
        pages.put(key(pasid, page), to);
        memory.store64(slot(pasid, page << 12), to.pa() | PAGE | (to.writable() ? 0 : READ_ONLY));
    }

    /** Takes a mapping away, or the right to write; TLB and device are invalidated when this returns. */
    void unmap(int pasid, long page) {
        memory.store64(slot(pasid, page << 12), 0);
        invalidate(pasid, page);
        pages.remove(key(pasid, page));
    }

    void invalidate(int pasid, long page) {
        command(TLBI_NH_VA | (long) Math.max(0, pasid) << 48, page << 12);
        command(SYNC, 0);
        command(ATC_INV | substream(pasid) | (long) STREAM << 32, page << 12);
        sync();
    }

    private static long substream(int pasid) {
        return pasid < 0 ? 0 : 1L << 11 | (long) pasid << 12;
    }

    void sync() {
        command(SYNC, 0);
        if (!isSynchronised()) {
            throw new AssertionError(
                    "CMDQ_CONS 0x" + Integer.toHexString(read(0x9C)) + " of 0x" + Integer.toHexString(produced));
        }
    }

    boolean isSynchronised() {
        return (read(0x9C) & 0xF_FFFF) == produced;
    }

    void command(long dw0, long dw1) {
        long at = COMMANDS + 16L * (produced & (1 << COMMANDS_LG2) - 1);
        memory.store64(at, dw0);
        memory.store64(at + 8, dw1);
        produced = produced + 1 & (2 << COMMANDS_LG2) - 1;
        write(0x98, produced);
    }

    /** How software answers a complete group. */
    interface Policy {
        /** Maps what it will, and says which Resp is due. */
        int answer(List<PageRequestMessage> group);
    }

    /** Reads the PRI queue to its end, answers complete groups, and acknowledges an overflow. */
    boolean servePages(Policy policy) {
        int status = read(0x100C8);
        boolean some = false;
        while (consumed != (status & (2 << PRIQ_LG2) - 1)) {
            long at = REQUESTS + 16L * (consumed & (1 << PRIQ_LG2) - 1);
            take(PageRequestRecord.readFrom(memory, at).message(), policy);
            consumed = consumed + 1 & (2 << PRIQ_LG2) - 1;
            some = true;
        }
        boolean overflown = ((status ^ read(0x100CC)) & OVERFLOW) != 0;
        if (overflown) {
            open.clear();
        }
        write(0x100CC, status & OVERFLOW | consumed);
        return some || overflown;
    }

    private void take(PageRequestMessage message, Policy policy) {
        if (message.isStopMarker()) {
            return;
        }
        List<PageRequestMessage> group = open.computeIfAbsent(message.prgIndex(), index -> new ArrayList<>());
        group.add(message);
        if (message.last()) {
            open.remove(message.prgIndex());
            int resp = policy.answer(group);
            command(
                    PRI_RESP | substream(message.substreamId()) | (long) STREAM << 32,
                    message.prgIndex() | (long) resp << 12);
        }
    }
}
