package io.github.iommu4j.testkit.memory;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Memory that asks before each access, for tests of who may reach what. Immutable; as thread-safe as what it is made of.
 *
 * @param memory what is accessed
 * @param guard who is asked
 */
public record GuardedMemory(PhysicalMemory memory, Guard guard) implements PhysicalMemory {

    /** Throws for what must not happen. */
    @FunctionalInterface
    public interface Guard {

        /**
         * An access is about to happen.
         *
         * @param address physical byte address
         * @param access {@link Access#READ} or {@link Access#WRITE}; a compare-and-set is a write
         */
        void check(long address, Access access);
    }

    @Override
    public int load32(long address) {
        guard.check(address, Access.READ);
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        guard.check(address, Access.WRITE);
        memory.store32(address, value);
    }

    @Override
    public long load64(long address) {
        guard.check(address, Access.READ);
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        guard.check(address, Access.WRITE);
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        guard.check(address, Access.WRITE);
        return memory.compareAndSet64(address, expected, replacement);
    }
}
