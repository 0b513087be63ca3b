package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.PostedInterruptDescriptor;

/** Posts interrupts to descriptors in memory, atomically beside software that reads them (Intel VT-d §5.2.3, §9.12). */
final class PostedInterrupts {

    /** Nothing is to be notified. Outcomes below are no control words, whose reserved bits are 0. */
    static final long QUIET = -1;
    /** The descriptor does not answer. */
    static final long UNREACHABLE = -2;
    /** The descriptor has reserved bits set. */
    static final long INVALID = -3;

    private static final long SUPPRESSED = PostedInterruptDescriptor.ON.mask() | PostedInterruptDescriptor.SN.mask();

    private final PhysicalMemory memory;

    PostedInterrupts(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * Posts a vector.
     *
     * @param urgent whether SN does not count
     * @return the control word that says whom to notify, or one of the outcomes above
     */
    long post(long descriptor, int vector, boolean urgent) {
        try {
            if (hasReservedBits(descriptor)) {
                return INVALID;
            }
            set(
                    PostedInterruptDescriptor.requestWord(descriptor, vector),
                    PostedInterruptDescriptor.requestBit(vector));
            return notify(descriptor + PostedInterruptDescriptor.CONTROL, urgent);
        } catch (BusErrorException unanswered) {
            return UNREACHABLE;
        }
    }

    private boolean hasReservedBits(long descriptor) {
        long control = descriptor + PostedInterruptDescriptor.CONTROL;
        return (memory.load64(control) & PostedInterruptDescriptor.RESERVED
                        | memory.load64(control + 8)
                        | memory.load64(control + 16)
                        | memory.load64(control + 24))
                != 0;
    }

    private void set(long address, long bit) {
        long word;
        do {
            word = memory.load64(address);
        } while (!memory.compareAndSet64(address, word, word | bit));
    }

    private long notify(long address, boolean urgent) {
        long watched = urgent ? PostedInterruptDescriptor.ON.mask() : SUPPRESSED;
        while (true) {
            long control = memory.load64(address);
            if ((control & watched) != 0) {
                return QUIET;
            }
            long notified = control | PostedInterruptDescriptor.ON.mask();
            if (memory.compareAndSet64(address, control, notified)) {
                return notified & ~PostedInterruptDescriptor.RESERVED;
            }
        }
    }

    /** The interrupt that tells a processor to look at its descriptor. */
    static Interrupt notification(long control, boolean extended) {
        int destination = PostedInterruptDescriptor.NDST.getInt(control);
        return new Interrupt(
                extended ? destination : destination >>> 8 & 0xFF,
                PostedInterruptDescriptor.NV.getInt(control),
                0,
                new Interrupt.Flags(false, false, false));
    }
}
