package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.jspecify.annotations.Nullable;

/** The event or PRI queue as software reads it (IHI 0070 §3.5). Confined to the task that handles its interrupt. */
final class InputQueue {

    private static final int OVERFLOW = (int) Queue.OVFLG.mask();

    private final SmmuRegisters registers;
    private final PhysicalMemory memory;
    private final QueueIndex index;
    private final int wordsLg2;
    private final QueueMemory queue;
    private final Place place;
    /** PROD as it was last read, and CONS as software has it: index, wrap and overflow flag. */
    private int prod;

    private int cons;

    /**
     * Where a queue's registers are.
     *
     * @param base address and size
     * @param prod where the unit writes
     * @param cons where software reads
     */
    record Place(SmmuRegister base, SmmuRegister prod, SmmuRegister cons) {
        static final Place EVENTS =
                new Place(SmmuRegister.EVENTQ_BASE, SmmuRegister.EVENTQ_PROD, SmmuRegister.EVENTQ_CONS);
        static final Place PAGE_REQUESTS =
                new Place(SmmuRegister.PRIQ_BASE, SmmuRegister.PRIQ_PROD, SmmuRegister.PRIQ_CONS);
    }

    /**
     * What is known of a queue once its memory is there.
     *
     * @param memory where it is
     * @param wordsLg2 log2 of the words of an entry
     */
    record Shape(QueueMemory memory, int wordsLg2) {}

    InputQueue(SmmuRegisters registers, PhysicalMemory memory, Place place, Shape shape) {
        this.registers = registers;
        this.memory = memory;
        this.place = place;
        this.queue = shape.memory;
        this.index = new QueueIndex(queue.sizeLg2());
        this.wordsLg2 = shape.wordsLg2;
    }

    /** Tells the unit of the queue, which is empty. The queue is off meanwhile. */
    void start() {
        registers.write(place.base, queue.base());
        registers.write(place.prod, 0);
        registers.write(place.cons, 0);
        prod = 0;
        cons = 0;
    }

    /**
     * Takes the next entry, and gives its place back at once.
     *
     * @return its words, or {@code null} when there is none
     */
    long @Nullable [] take() {
        if (index.isEmpty(prod, cons)) {
            return null;
        }
        long entry = queue.address() + ((long) index.index(cons) << wordsLg2 + 3);
        long[] words = new long[1 << wordsLg2];
        for (int word = 0; word < words.length; word++) {
            words[word] = memory.load64(entry + 8L * word);
        }
        cons = cons & OVERFLOW | index.next(cons);
        registers.write(place.cons, Integer.toUnsignedLong(cons));
        return words;
    }

    /**
     * Looks what has been written since.
     *
     * @return {@code true} when the unit has lost something, and that was not acknowledged
     */
    boolean refresh() {
        int read = (int) registers.read(place.prod);
        boolean lost = Queue.OVFLG.isSet(read) != Queue.OVFLG.isSet(prod);
        prod = read;
        return lost;
    }

    boolean isEmpty() {
        return index.isEmpty(prod, cons);
    }

    /** Says that losses up to here are known (§7.4); does nothing when there are none. */
    void acknowledgeOverflow() {
        if (Queue.OVFLG.isSet(prod) != Queue.OVACKFLG.isSet(cons)) {
            cons = index.position(cons) | prod & OVERFLOW;
            registers.write(place.cons, Integer.toUnsignedLong(cons));
        }
    }
}
