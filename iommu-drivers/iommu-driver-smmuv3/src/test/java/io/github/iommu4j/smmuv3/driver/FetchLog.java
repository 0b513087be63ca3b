package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.ArrayList;
import java.util.List;

/** The memory as hardware sees it: remembers which commands were fetched, and may fail a fetch now and then. */
final class FetchLog implements PhysicalMemory {

    private static final long QUEUE_END = Structures.ARENA + (Command.BYTES << 19);

    final List<Command> fetched = new ArrayList<>();
    private final PhysicalMemory memory;
    int aborts;

    FetchLog(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** What was fetched, without CMD_SYNCs. */
    List<Command> commands() {
        return fetched.stream()
                .filter(command -> command.opcode()
                        .filter(opcode -> opcode == CommandOpcode.SYNC)
                        .isEmpty())
                .toList();
    }

    @Override
    public long load64(long address) {
        boolean isFetch = address >= Structures.ARENA && address < QUEUE_END && address % Command.BYTES == 0;
        if (isFetch && aborts > 0) {
            aborts--;
            throw new BusErrorException(address);
        }
        long word = memory.load64(address);
        if (isFetch) {
            fetched.add(new Command(word, memory.load64(address + 8)));
        }
        return word;
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
