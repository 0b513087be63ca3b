package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.vfio.UserMemory;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import io.github.iommu4j.testkit.machine.UserAddressSpace;

/** The memory of the oracle's process: three arenas, which the process also reads and writes itself. Thread-safe. */
final class ProcessMemory {

    /** A stretch of memory. */
    enum Arena {
        /** 64 MiB of private anonymous memory. */
        A(0x7E00_0000_0000L),
        /** A file of 16 MiB in memory, mapped again and again to 1 GiB. */
        B(0x7E10_0000_0000L),
        /** 1 MiB of private anonymous memory that may not be written. */
        R(0x7E20_0000_0000L);

        private final long base;

        Arena(long base) {
            this.base = base;
        }

        long base() {
            return base;
        }
    }

    private static final long MIB = 1L << 20;
    private static final long FIRST_FRAME = 0x1_0000_0000L;

    private final PhysicalMemory memory;
    private final UserAddressSpace space = new UserAddressSpace(FIRST_FRAME);

    ProcessMemory(PhysicalMemory memory) {
        this.memory = memory;
        space.anonymous(Arena.A.base(), 64 * MIB, UserAddressSpace.Protection.READ_WRITE);
        space.repeatedFile(Arena.B.base(), 1024 * MIB, 16 * MIB);
        space.anonymous(Arena.R.base(), MIB, UserAddressSpace.Protection.READ_ONLY);
    }

    UserMemory space() {
        return space;
    }

    /** The process writes to its memory. */
    void fill(long vaddr, int length, byte value) {
        for (int i = 0; i < length; i++) {
            MemoryBytes.write(memory, space.write(vaddr + i), new byte[] {value});
        }
    }

    /** The process reads its memory. */
    byte[] peek(long vaddr, int length) {
        byte[] bytes = new byte[Math.max(0, length)];
        for (int i = 0; i < length; i++) {
            bytes[i] = MemoryBytes.read(memory, space.read(vaddr + i), 1)[0];
        }
        return bytes;
    }
}
