package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.vfio.UserMemory;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the oracle's process: three arenas. Private memory that was never touched is the shared page of zeros for
 * those who only read.
 *
 * <p>Thread-safe.
 */
final class ProcessMemory implements UserMemory {

    /** A stretch of memory. */
    enum Arena {
        /** Private anonymous memory. */
        A(0x7E00_0000_0000L, 64L << 20, 0x1_0000_0000L, 64L << 20),
        /** A file of 16 MiB in memory, mapped again and again. */
        B(0x7E10_0000_0000L, 1L << 30, 0x2_0000_0000L, 16L << 20),
        /** Private anonymous memory that may not be written. */
        R(0x7E20_0000_0000L, 1L << 20, 0x3_0000_0000L, 1L << 20);

        private final long base;
        private final long size;
        private final long physical;
        private final long period;

        Arena(long base, long size, long physical, long period) {
            this.base = base;
            this.size = size;
            this.physical = physical;
            this.period = period;
        }

        long base() {
            return base;
        }

        private boolean holds(long vaddr) {
            return vaddr - base >= 0 && vaddr - base < size;
        }
    }

    private static final long ZERO_PAGE = 0x4_0000_0000L;

    private final PhysicalMemory memory;
    private final Map<Arena, BitSet> touched = new EnumMap<>(Arena.class);

    ProcessMemory(PhysicalMemory memory) {
        this.memory = memory;
        for (Arena arena : Arena.values()) {
            touched.put(arena, new BitSet());
        }
    }

    private static @Nullable Arena arenaOf(long vaddr) {
        for (Arena arena : Arena.values()) {
            if (arena.holds(vaddr)) {
                return arena;
            }
        }
        return null;
    }

    @Override
    public synchronized Page pin(long vaddr, Intent intent) {
        Arena arena = arenaOf(vaddr);
        if (arena == null || arena == Arena.R && intent == Intent.WRITE) {
            throw new IommuException(Errno.EFAULT, "no memory for " + intent + " at 0x" + Long.toHexString(vaddr));
        }
        BitSet pages = touchedOf(arena);
        int page = pageOf(arena, vaddr);
        if (arena != Arena.B && intent == Intent.READ && !pages.get(page)) {
            return new Page(ZERO_PAGE, Backing.ZERO_PAGE);
        }
        pages.set(page);
        return new Page(physical(arena, vaddr), Backing.MEMORY);
    }

    private BitSet touchedOf(Arena arena) {
        BitSet pages = touched.get(arena);
        if (pages == null) {
            throw new AssertionError(arena);
        }
        return pages;
    }

    private static int pageOf(Arena arena, long vaddr) {
        return (int) ((vaddr - arena.base) / PAGE_SIZE);
    }

    private static long physical(Arena arena, long vaddr) {
        return arena.physical + (vaddr - arena.base) % arena.period;
    }

    @Override
    public void unpin(Page page) {}

    /** The process writes to its memory. */
    synchronized void fill(long vaddr, int length, byte value) {
        Arena arena = require(vaddr, length);
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        touchedOf(arena).set(pageOf(arena, vaddr), pageOf(arena, vaddr + length - 1) + 1);
        MemoryBytes.write(memory, physical(arena, vaddr), bytes);
    }

    /** The process reads its memory. */
    synchronized byte[] peek(long vaddr, int length) {
        Arena arena = require(vaddr, length);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = MemoryBytes.read(memory, physical(arena, vaddr + i), 1)[0];
        }
        return bytes;
    }

    private static Arena require(long vaddr, int length) {
        Arena arena = arenaOf(vaddr);
        if (arena == null || length <= 0 || !arena.holds(vaddr + length - 1)) {
            throw new Arguments.UnreadableException("the process has no such memory");
        }
        return arena;
    }
}
