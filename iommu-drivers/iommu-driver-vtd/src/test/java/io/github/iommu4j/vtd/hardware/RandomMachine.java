package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.Random;

/**
 * Random structures and tables that mostly lead somewhere: every table page is full of entries that point to table pages,
 * so that any address walks, as first and as second stage.
 */
final class RandomMachine {

    static final long RAM = 0x4_0000;
    static final long ROOT = 0x1000;
    private static final long CONTEXT = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long PASIDS = 0x4000;
    private static final long TABLES = 0x8000;
    private static final int TABLE_PAGES = 12;
    private static final int[] SIDS = {0x10, 0x9B, 0x110};
    private static final int[] PASID_CHOICES = {-1, -1, -1, -1, 0, 1, 65, 2};

    final SparseMemory memory = SparseMemory.empty();
    private final Random random;
    private final VtdCapabilities has;

    RandomMachine(Random random, VtdCapabilities has) {
        this.random = random;
        this.has = has;
        memory.addRam(0, RAM);
    }

    /** Capabilities with some features less. */
    static VtdCapabilities capabilities(Random random) {
        while (true) {
            VtdCapabilitiesBuilder builder = VtdCapabilities.everything().toBuilder()
                    .hostAddressWidth(random.nextBoolean() ? 52 : 46)
                    .guestAddressWidth(random.nextBoolean() ? 57 : 48)
                    .domainIdBits(random.nextInt(4) == 0 ? 8 : 16)
                    .secondStageWidths(random.nextInt(4) == 0 ? 2 * (1 + random.nextInt(7)) : 0xE)
                    .secondStageLargePages(random.nextInt(4) == 0 ? random.nextInt(4) : 3);
            for (VtdFeature feature : VtdFeature.values()) {
                if (feature != VtdFeature.SMTS && feature != VtdFeature.QI && random.nextInt(25) == 0) {
                    builder.without(feature);
                }
            }
            if (random.nextInt(4) == 0) {
                builder.with(VtdFeature.CM);
            }
            try {
                return builder.build();
            } catch (IllegalArgumentException notAUnit) {
                builder.with(VtdFeature.CM);
            }
        }
    }

    /** Writes everything; returns a value of RTADDR_REG. */
    long write() {
        boolean scalable = random.nextInt(4) != 0;
        long root = chance(80) ? 0x10_0000 : ROOT;
        for (long entry = 0; entry < 2; entry++) {
            memory.store64(ROOT + 16L * entry, mostly(CONTEXT | 1, 50) | oneOf(0x2, 60));
            memory.store64(ROOT + 16L * entry + 8, scalable ? mostly(CONTEXT | 1, 50) | oneOf(0x4, 60) : oneOf(1, 60));
        }
        for (int sid : SIDS) {
            if (scalable) {
                scalableContext(sid & 0x7F);
            } else {
                legacyContext(sid & 0xFF);
            }
        }
        for (int page = 0; page < 2; page++) {
            memory.store64(
                    DIRECTORY + 8L * page, mostly(PASIDS + 0x1000L * page | 1, 40) | oneOf(2, 12) | oneOf(0x10, 60));
            for (int entry = 0; entry < 3; entry++) {
                pasidEntry(PASIDS + 0x1000L * page + 64L * entry);
            }
        }
        for (long at = TABLES; at < TABLES + 0x1000L * TABLE_PAGES; at += 8) {
            memory.store64(at, tableEntry());
        }
        int mode = scalable ? 1 : 0;
        return root | (long) (chance(80) ? random.nextInt(4) : mode) << 10;
    }

    private void legacyContext(int devfn) {
        long tt = random.nextInt(4) == 0 ? random.nextInt(4) : 1;
        long low = mostly(table() | 1, 60) | tt << 2 | oneOf(2, 4) | oneOf(0x100, 60);
        long width = chance(12) ? random.nextInt(8) : 1 + random.nextInt(3);
        long high = width | (long) random.nextInt(200) << 8 | oneOf(0x80, 60) | oneOf(1L << 22, 30);
        memory.store64(CONTEXT + devfn * 16L, low);
        memory.store64(CONTEXT + devfn * 16L + 8, high);
    }

    private void scalableContext(int devfn) {
        long at = CONTEXT + devfn * 32L;
        memory.store64(
                at,
                mostly(DIRECTORY | 1, 40) | oneOf(2, 12) | (chance(8) ? random.nextInt(8) : 7) << 2 | oneOf(0x20, 90));
        memory.store64(at + 8, (chance(20) ? 0xF_FFFF : random.nextInt(3)) | oneOf(1L << 20, 3) | oneOf(1L << 21, 60));
        memory.store64(at + 16, oneOf(1, 80));
        memory.store64(at + 24, oneOf(1, 80));
    }

    private void pasidEntry(long at) {
        long type = chance(12) ? random.nextInt(8) : 1 + random.nextInt(4);
        long width = chance(12) ? random.nextInt(8) : 1 + random.nextInt(3);
        long q0 = mostly(table() | 1, 60) | oneOf(2, 12) | width << 2 | oneOf(0x20, 3) | type << 6;
        long levels = chance(15) ? random.nextInt(4) : random.nextInt(2);
        memory.store64(at, q0 | oneOf(0x200, 3) | oneOf(0x400, 60));
        memory.store64(
                at + 8, random.nextInt(200) | (chance(12) ? 0 : 1L << 23) | oneOf(1L << 24, 4) | oneOf(1L << 18, 60));
        memory.store64(at + 16, mostly(table(), 60) | levels << 2 | random.nextInt(256) & ~0xC | oneOf(0x100, 60));
        memory.store64(at + 24 + 8L * random.nextInt(5), oneOf(1, 60));
    }

    private long tableEntry() {
        if (chance(40)) {
            return chance(2) ? 0 : random.nextLong();
        }
        long flags = 1 | (chance(10) ? 0 : 2) | (chance(12) ? 0 : 4) | oneOf(0x20, 2) | oneOf(0x100, 2);
        flags |= oneOf(0x40, 2) | oneOf(0x200, 2) | oneOf(0x400, 2) | oneOf(0x800, 20) | oneOf(1L << 63, 12);
        flags ^= oneOf(1, 40);
        if (chance(7)) {
            long address = (long) random.nextInt(16) << 30 | oneOf(1L << 21, 3) | oneOf(0x1000, 8);
            return address | flags | 0x80 | oneOf(1L << 47, 40);
        }
        if (chance(50)) {
            return flags | (chance(2) ? 0xFEE0_0000L : 0x8_0000_0000L);
        }
        return table() | flags | oneOf(1L << 62, 80) | oneOf(1L << 55, 10) | oneOf(1L << 48, 80);
    }

    DmaRequest request() {
        long iova = random.nextLong();
        if (!chance(12)) {
            int bits = new int[] {12, 30, 39, 47, 48, 57}[random.nextInt(6)];
            iova = chance(4) ? iova >> 64 - bits : iova >>> 64 - bits;
        }
        if (chance(25)) {
            iova = 0xFEE0_0000L | iova & 0xF_FFFF;
        }
        int pasid = chance(30) ? random.nextInt(1 << 20) : PASID_CHOICES[random.nextInt(PASID_CHOICES.length)];
        AddressType type = chance(3) ? AddressType.values()[random.nextInt(3)] : AddressType.UNTRANSLATED;
        int sid = chance(40) ? random.nextInt(1 << 17) : SIDS[random.nextInt(SIDS.length)];
        Privilege privilege = chance(3) ? Privilege.PRIVILEGED : Privilege.UNPRIVILEGED;
        return new DmaRequest(sid, pasid, iova, Access.values()[random.nextInt(4)], privilege, type);
    }

    private long table() {
        return TABLES + 0x1000L * random.nextInt(TABLE_PAGES);
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    private long oneOf(long bits, int oneIn) {
        return chance(oneIn) ? bits : 0;
    }

    /** The value, rarely not present, beyond memory, or beyond the host. */
    private long mostly(long value, int oneIn) {
        if (!chance(oneIn)) {
            return value;
        }
        return switch (random.nextInt(3)) {
            case 0 -> value & ~1;
            case 1 -> value | 0x1000_0000L;
            default -> value | 1L << has.hostAddressWidth();
        };
    }
}
