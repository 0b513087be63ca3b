package io.github.iommu4j.api.memory;

/**
 * Where a device's message-signalled interrupts go: the bus that carries a 32-bit write to an interrupt controller.
 *
 * <p><b>Thread-safety:</b> may be called from any thread that writes registers, steps queues or translates.
 */
@FunctionalInterface
public interface MsiSink {

    /**
     * Delivers one message.
     *
     * @param address physical byte address of the write, 4-byte aligned
     * @param data the 32 bits written
     * @throws BusErrorException when nothing answers; the device then reports an aborted MSI the way its specification
     *     says
     */
    void write(long address, int data);
}
