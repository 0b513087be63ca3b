package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.MemoryAttributes;

/**
 * Where the SMMU's own message-signalled interrupts go, for a bus that looks at memory attributes.
 *
 * <p><b>Thread-safety:</b> may be called from any thread that writes registers, steps queues or translates, with no lock held.
 */
@FunctionalInterface
public interface AttributedMsiSink {

    /**
     * Delivers one message.
     *
     * @param address physical byte address of the write, 4-byte aligned
     * @param data the 32 bits written
     * @param attributes what *_IRQ_CFG2 or CMD_SYNC says of the write (IHI 0070 §3.18, §4.7.3); Device and Normal
     *     Non-cacheable memory is outer shareable whatever they say
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers: a global error becomes active
     */
    void write(long address, int data, MemoryAttributes attributes);
}
