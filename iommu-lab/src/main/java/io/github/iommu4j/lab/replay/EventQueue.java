package io.github.iommu4j.lab.replay;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import org.jspecify.annotations.Nullable;

/**
 * The consumer's side of the event queue, as a guest's driver sees it: indexes through registers, records through
 * memory (IHI 0070 §3.5, §7.2).
 */
final class EventQueue {

    private static final BitField OVERFLOW = bit(31);
    private static final BitField INDEX = bits(19, 0);

    private final MmioRegion registers;
    private final PhysicalMemory memory;
    private final QueueGeometry geometry;
    private final long producer;
    private final long consumer;

    EventQueue(MmioRegion registers, PhysicalMemory memory, QueueGeometry geometry, long producer, long consumer) {
        this.registers = registers;
        this.memory = memory;
        this.geometry = geometry;
        this.producer = producer;
        this.consumer = consumer;
    }

    /** Throws away whatever stands in the queue and acknowledges an overflow. */
    void discardAll() {
        registers.write(consumer, 4, registers.read(producer, 4));
    }

    /** The oldest record, which is consumed; {@code null} when the queue is empty. */
    @Nullable EventRecord take() {
        long produced = registers.read(producer, 4);
        long consumed = registers.read(consumer, 4);
        if (INDEX.get(produced ^ consumed) == 0) {
            return null;
        }
        long at = geometry.entryAddress(INDEX.get(consumed));
        EventRecord record = new EventRecord(
                memory.load64(at), memory.load64(at + 8), memory.load64(at + 16), memory.load64(at + 24));
        registers.write(consumer, 4, OVERFLOW.inPlace(produced) | geometry.next(INDEX.get(consumed)));
        return record;
    }
}
