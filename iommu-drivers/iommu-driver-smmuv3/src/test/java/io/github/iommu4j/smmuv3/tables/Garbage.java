package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.List;

/**
 * A few islands of RAM filled with random words that look like structures and point back into the islands: tables that
 * are their own descriptors, contexts inside page tables, pointers past the end.
 */
public final class Garbage {

    private static final int ISLAND_LG2 = 16;
    private static final int ISLANDS = 3;

    /** S2TG, S2SL0 and S2T0SZ that go together, and one that does not. */
    private static final int[][] STAGE2 = {
        {0, 2, 24},
        {0, 1, 25},
        {0, 1, 32},
        {0, 0, 34},
        {0, 0, 39},
        {1, 1, 30},
        {1, 0, 35},
        {2, 1, 30},
        {2, 0, 38},
        {0, 0, 25},
    };

    private final Dice dice;
    private final SparseMemory memory;
    private final int addressBits;
    private final boolean updates;
    private final int stalls;
    private final List<Long> islands = new ArrayList<>();

    /**
     * Fills a memory.
     *
     * @param memory given RAM
     */
    public Garbage(SparseMemory memory, IdRegisters id, Dice dice) {
        this.dice = dice;
        this.memory = memory;
        this.addressBits = Math.min(48, id.outputAddressBits());
        this.updates = id.descriptorUpdates() > 0;
        this.stalls = id.stallModel();
        for (int i = 0; i < ISLANDS; i++) {
            long base = dice.bits(addressBits - ISLAND_LG2) << ISLAND_LG2;
            islands.add(base);
            memory.addRam(base, 1L << ISLAND_LG2);
        }
        for (int island = 0; island < ISLANDS; island++) {
            fill(island);
        }
    }

    /** For SMMU_STRTAB_BASE. */
    public long streamTableBase() {
        return islands.get(0);
    }

    /** For SMMU_STRTAB_BASE_CFG. */
    public int streamTableConfig() {
        return dice.between(8, 10) | dice.pick(6, 8, 10) << 6 | (dice.oneIn(6) ? 1 << 16 : 0);
    }

    public Probe someProbe() {
        int substreamId = dice.oneIn(4) ? (int) dice.bits(dice.between(0, 4)) : -1;
        long address = dice.oneIn(2) ? pointer() | dice.bits(12) : dice.bits(dice.between(0, 30));
        return new Probe((int) dice.bits(dice.oneIn(8) ? 9 : 4), substreamId, address, Scenario.someAccess(dice));
    }

    /** Mostly STEs in the first island, CDs in the second, descriptors in the third. */
    private void fill(int island) {
        long end = islands.get(island) + (1L << ISLAND_LG2);
        for (long address = islands.get(island); address < end; address += 64) {
            switch (dice.oneIn(10) ? dice.below(3) : island) {
                case 0 -> streamEntry(address);
                case 1 -> context(address);
                default -> {
                    for (long word = 0; word < 64; word += 8) {
                        memory.store64(address + word, descriptor());
                    }
                }
            }
        }
    }

    /** An STE that is legal more often than not; as an L1STD it has a small Span. */
    private void streamEntry(long address) {
        int[] start = STAGE2[dice.below(STAGE2.length)];
        long config = dice.oneIn(10) ? dice.below(4) : dice.between(4, 7);
        long contextPointer = islands.get(dice.oneIn(8) ? 0 : 1) + 64L * dice.below(1024);
        long shape = (long) start[0] << 46 | (long) start[1] << 38 | (long) start[2] << 32;
        memory.store64(address, 1 | config << 1 | dice.bits(2) << 4 | contextPointer | dice.bits(2) << 59);
        memory.store64(address + 8, dice.bits(2) | (dice.oneIn(2) ? 0 : dice.bits(4) << 48));
        memory.store64(
                address + 16,
                shape
                        | (long) dice.between(dice.oneIn(8) ? 0 : 5, 7) << 48
                        | 1L << 51
                        | dice.flag(53)
                        | dice.flag(54)
                        | (updates ? dice.bits(2) << 55 : 0)
                        | (stalls == 0 ? dice.flag(57) : stalls == 2 ? 1L << 57 : 0)
                        | dice.flag(58));
        memory.store64(address + 24, pointer());
        for (long word = 32; word < 64; word += 8) {
            memory.store64(address + word, descriptor());
        }
    }

    private void context(long address) {
        long size = dice.between(16, 39);
        long upper = dice.oneIn(2) ? 1L << 30 : (long) dice.between(16, 39) << 16 | (long) dice.between(1, 3) << 22;
        memory.store64(
                address,
                size
                        | (long) dice.below(3) << 6
                        | upper
                        | 1L << 31
                        | (long) dice.between(4, 7) << 32
                        | dice.bits(3) << 38
                        | 1L << 41
                        | (updates ? dice.bits(2) << 42 : 0)
                        | (stalls == 0 ? dice.flag(44) : stalls == 2 ? 1L << 44 : 0)
                        | dice.flag(45)
                        | 1L << 46);
        memory.store64(address + 8, pointer() | dice.bits(3) & 6);
        memory.store64(address + 16, pointer() | dice.bits(3) & 6);
        for (long word = 24; word < 64; word += 8) {
            memory.store64(address + word, descriptor());
        }
    }

    private long descriptor() {
        return switch (dice.below(8)) {
            case 0 -> dice.bits(64);
            case 1 -> 0;
            case 2 -> pointer() | dice.bits(6);
            case 3 -> pointer() | dice.bits(2) | 1L << 10 | dice.bits(2) << 6;
            case 4 -> dice.bits(addressBits) & -4096L | 1L << 10 | 3L << 6 | 1;
            case 5 -> pointer() | 3 | dice.flag(10) | dice.bits(2) << 6 | 0xFL << 2 | 1L << 51;
            default -> pointer() | 3 | 1L << 10 | 3L << 6 | 0xFL << 2;
        };
    }

    /** Mostly a page of an island, sometimes just behind one or nowhere. */
    private long pointer() {
        if (dice.oneIn(12)) {
            return dice.bits(addressBits - 12) << 12;
        }
        return dice.pick(islands) + ((long) dice.below(dice.oneIn(12) ? 32 : 16) << 12);
    }
}
