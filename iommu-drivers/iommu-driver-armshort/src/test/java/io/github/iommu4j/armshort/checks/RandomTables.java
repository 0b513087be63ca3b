package io.github.iommu4j.armshort.checks;

import io.github.iommu4j.core.memory.SparseMemory;
import java.util.Random;

/**
 * Memory with nonsense that often looks like tables: few tables, descriptors of every kind that point at them, at memory
 * that is not there, and anywhere.
 */
final class RandomTables {

    private static final long RAM = 0x8000_0000L;
    private static final long RAM_SIZE = 0x4_0000;
    private static final int HOT_SECTIONS = 24;

    final SparseMemory memory = SparseMemory.empty();
    final Random random;
    private final long[] hot = new long[HOT_SECTIONS];

    RandomTables(long seed) {
        random = new Random(seed);
        memory.addRam(RAM, RAM_SIZE);
        memory.addRam(RAM + (1L << 32), RAM_SIZE);
    }

    /** A base of a level-1 table: mostly in memory, mostly aligned. */
    int base() {
        int base = (int) RAM + (random.nextInt(4) << 16);
        return switch (random.nextInt(12)) {
            case 0 -> random.nextInt();
            case 1 -> base | random.nextInt(1 << 14);
            default -> base | random.nextInt(8) * random.nextInt(20);
        };
    }

    /** Fills the descriptors of some sections under a table, and remembers the sections. */
    void fill(long table, int inputBits) {
        for (int i = 0; i < HOT_SECTIONS; i++) {
            hot[i] = (random.nextLong() & (1L << inputBits) - 1) >>> 20 >>> random.nextInt(inputBits - 20) << 20;
            store(table + (hot[i] >>> 18 & ~3L), descriptor());
        }
        for (int i = 0; i < 500; i++) {
            store(RAM + (random.nextInt((int) RAM_SIZE) & ~3), descriptor());
            store(RAM + (1L << 32) + (random.nextInt((int) RAM_SIZE) & ~3), descriptor());
        }
    }

    private void store(long address, int raw) {
        long low = address & 0x1_FFFF_FFFFL & ~3L;
        if ((low & 0xFFFF_FFFFL) - RAM < RAM_SIZE && (low & 0xFFFF_FFFFL) >= RAM) {
            memory.store32(low, raw);
        }
    }

    private int descriptor() {
        int raw = random.nextInt();
        if (random.nextInt(3) > 0) {
            raw = raw & 0xFFFF | (int) RAM | random.nextInt(4) << 16;
        }
        return random.nextInt(3) == 0 ? raw & ~3 | 1 : raw;
    }

    /** An address: in a section that was filled, mostly in the first pages, whose words were filled. */
    long address(int inputBits) {
        if (random.nextInt(20) == 0) {
            return random.nextLong() & (1L << inputBits) - 1;
        }
        return hot[random.nextInt(HOT_SECTIONS)] | random.nextInt(1 << 20);
    }

    /** Changes a word somewhere in the tables. */
    void change() {
        store(RAM + (random.nextInt((int) RAM_SIZE) & ~3), descriptor());
    }

    /** Fills level-2 words densely, so that walks get further. */
    void thicken() {
        for (long address = RAM; address < RAM + RAM_SIZE; address += 4) {
            if (memory.load32(address) == 0 && random.nextInt(3) == 0) {
                store(address, descriptor());
            }
        }
    }
}
