package io.github.iommu4j.lab.museum.smmuv3;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;

/** Memory as an SMMU sees it that knows no prefetch commands: in their places is something that nobody knows. */
record WithoutPrefetch(PhysicalMemory memory) implements PhysicalMemory {

    private static final long UNKNOWN = 0x8F;

    @Override
    public long load64(long address) {
        long word = memory.load64(address);
        long offset = address - Rack.COMMANDS;
        boolean isCommand = offset >= 0 && offset < Rack.COMMAND_BYTES && offset % Command.BYTES == 0;
        boolean isPrefetch = Command.OPCODE.get(word) == CommandOpcode.PREFETCH_CONFIG.number();
        return isCommand && isPrefetch ? UNKNOWN : word;
    }

    @Override
    public int load32(long address) {
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        memory.store32(address, value);
    }

    @Override
    public void store64(long address, long value) {
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        return memory.compareAndSet64(address, expected, replacement);
    }
}
