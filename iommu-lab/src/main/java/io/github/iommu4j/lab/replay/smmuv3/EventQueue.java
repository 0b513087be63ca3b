package io.github.iommu4j.lab.replay.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.jspecify.annotations.Nullable;

/**
 * The consumer's side of the event queue, as a guest's driver sees it: indexes through registers, records through
 * memory (IHI 0070 §3.5, §7.2).
 */
final class EventQueue {

    private static final BitField OVERFLOW = bit(31);
    private static final BitField INDEX = bits(19, 0);

    private static final long PRODUCER = SmmuRegister.EVENTQ_PROD.offset();
    private static final long CONSUMER = SmmuRegister.EVENTQ_CONS.offset();

    private final MmioRegion registers;
    private final PhysicalMemory memory;
    private final QueueGeometry geometry;

    EventQueue(MmioRegion registers, PhysicalMemory memory, QueueGeometry geometry) {
        this.registers = registers;
        this.memory = memory;
        this.geometry = geometry;
    }

    /** Throws away whatever stands in the queue and acknowledges an overflow. */
    void discardAll() {
        registers.write(CONSUMER, 4, registers.read(PRODUCER, 4));
    }

    /** The oldest record, which is consumed; {@code null} when the queue is empty. */
    @Nullable
    EventRecord take() {
        long produced = registers.read(PRODUCER, 4);
        long consumed = registers.read(CONSUMER, 4);
        if (INDEX.get(produced ^ consumed) == 0) {
            return null;
        }
        EventRecord record = EventRecord.readFrom(memory, geometry.entryAddress(INDEX.get(consumed)));
        registers.write(CONSUMER, 4, OVERFLOW.inPlace(produced) | geometry.next(INDEX.get(consumed)));
        return record;
    }
}
