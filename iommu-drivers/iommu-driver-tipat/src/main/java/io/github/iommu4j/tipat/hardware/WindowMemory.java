package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/** Memory as one device sees it through the interconnect. Every word goes its own way, as every transaction does. */
final class WindowMemory implements PhysicalMemory {

    private final PatInterconnect interconnect;
    private final PhysicalMemory memory;
    private final int streamId;

    WindowMemory(PatInterconnect interconnect, PhysicalMemory memory, int streamId) {
        this.interconnect = interconnect;
        this.memory = memory;
        this.streamId = streamId;
    }

    private long behind(long address, Access access) {
        long answer = interconnect.translate(streamId, TranslationUnit.NO_SUBSTREAM, address, access.bits());
        if (!Translations.isOk(answer)) {
            throw new BusErrorException(address);
        }
        return Translations.pa(answer);
    }

    @Override
    public int load32(long address) {
        return memory.load32(behind(address, Access.READ));
    }

    @Override
    public void store32(long address, int value) {
        memory.store32(behind(address, Access.WRITE), value);
    }

    @Override
    public long load64(long address) {
        return memory.load64(behind(address, Access.READ));
    }

    @Override
    public void store64(long address, long value) {
        memory.store64(behind(address, Access.WRITE), value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        return memory.compareAndSet64(behind(address, Access.READ_WRITE), expected, replacement);
    }
}
