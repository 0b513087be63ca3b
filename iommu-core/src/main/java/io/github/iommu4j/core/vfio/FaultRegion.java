package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.fault.FaultRecord;
import org.jspecify.annotations.Nullable;

/**
 * A device's faults as a ring that user space maps (VFIO nested series, 2019; never merged). The kernel writes the producer
 * region, which the user only reads; the user writes the consumer region, which it cannot read. Nothing is recorded before the
 * user has chosen an ABI version. One entry of the ring always stays empty; a fault that finds no room is dropped and counted.
 *
 * <p>The kernel trusts nothing the user writes: a consumer index beyond the ring counts as a full ring.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. Lock order: {@code &vdev->fault_queue_lock} is given up
 * before {@code &vdev->igate} is taken.
 */
public final class FaultRegion {

    /** Bytes of the producer region: a page with the header and one with the ring. */
    public static final int PRODUCER_BYTES = FaultRegionLayout.PRODUCER_BYTES;
    /** Bytes of the consumer region. */
    public static final int CONSUMER_BYTES = FaultRegionLayout.CONSUMER_BYTES;
    /** The newest ABI version there is: entries of 64 bytes, as {@link FaultRecord} lays them out. */
    public static final int NEWEST_ABI = 1;
    /** The version in the header before one is chosen. */
    public static final int NO_ABI = FaultRegionLayout.NO_VERSION;
    /** Entries that fill the ring's page. */
    public static final int MOST_ENTRIES = FaultRegionLayout.PAGE_SIZE / FaultRecord.BYTES;

    private static final LockClass QUEUE_CLASS = new LockClass("&vdev->fault_queue_lock");
    private static final LockClass GATE_CLASS = new LockClass("&vdev->igate");
    private static final int RING = FaultRegionLayout.PAGE_SIZE;

    private final PhysicalMemory memory;
    private final long base;
    private final int entries;
    private final boolean trustsConsumer;
    private final Mutex queueLock;
    private final Mutex gate;

    // Guarded by the queue's lock.
    private boolean chosen;
    private int producer;
    private int consumer;
    private long dropped;

    // Guarded by the gate.
    private @Nullable Runnable trigger;

    /**
     * Where a region lies.
     *
     * @param memory the kernel's memory
     * @param base physical address of two pages, a multiple of 4096
     * @param entries entries of the ring, 2 to {@link #MOST_ENTRIES}
     */
    public record Place(PhysicalMemory memory, long base, int entries) {

        /**
         * Checks the place.
         *
         * @throws IllegalArgumentException for a base that is not aligned, or another number of entries
         */
        public Place {
            if (base % FaultRegionLayout.PAGE_SIZE != 0 || entries < 2 || entries > MOST_ENTRIES) {
                throw new IllegalArgumentException(
                        "a fault region at 0x" + Long.toHexString(base) + " with " + entries + " entries");
            }
        }
    }

    /**
     * A region before a version is chosen: the header says none, and where the ring will be.
     *
     * @param core the kernel's IOMMU core
     * @param place where it lies
     */
    public FaultRegion(IommuCore core, Place place) {
        this.memory = place.memory();
        this.base = place.base();
        this.entries = place.entries();
        this.trustsConsumer = core.has(CoreErratum.FAULT_RING_TRUSTS_CONSUMER);
        this.queueLock = core.locking().mutex(QUEUE_CLASS);
        this.gate = core.locking().mutex(GATE_CLASS);
        memory.storeRun64(base, 0, 0, PRODUCER_BYTES / Long.BYTES);
        memory.store32(base + FaultRegionLayout.VERSION_OFFSET, NO_ABI);
        memory.store32(base + FaultRegionLayout.RING_OFFSET_OFFSET, RING);
    }

    /**
     * Records a fault, then signals the user. Never waits for the user.
     *
     * @param device whose fault it is
     * @param event the fault
     * @return {@code null} when it was recorded; {@code EOPNOTSUPP} for a page request, which this version does not know, so that
     *     the reporter answers it; {@code EINVAL} before a version is chosen and, dropping the fault, when no entry is free
     */
    public @Nullable Errno onFault(Device device, FaultEvent event) {
        if (event.kind() != FaultEvent.Kind.UNRECOVERABLE) {
            return Errno.EOPNOTSUPP;
        }
        long[] words = FaultRecord.encode(event);
        queueLock.lock();
        try {
            if (!chosen) {
                return Errno.EINVAL;
            }
            if (freeLocked() < 1) {
                dropped++;
                return Errno.EINVAL;
            }
            produceLocked(words);
        } finally {
            queueLock.unlock();
        }
        signal();
        return null;
    }

    /** Entries that can be written, one less than are not in use. */
    private int freeLocked() {
        queueLock.assertHeld();
        boolean within = Integer.compareUnsigned(consumer, entries) < 0;
        if (!within && !trustsConsumer) {
            return 0;
        }
        return consumer > producer ? consumer - producer - 1 : entries - producer + consumer - 1;
    }

    private void produceLocked(long[] words) {
        queueLock.assertHeld();
        long entry = base + RING + (long) producer * FaultRecord.BYTES;
        for (int i = 0; i < words.length; i++) {
            memory.store64(entry + (long) i * Long.BYTES, words[i]);
        }
        producer = (producer + 1) % entries;
        memory.store32(base + FaultRegionLayout.PRODUCER_OFFSET, producer);
    }

    private void signal() {
        gate.lock();
        try {
            Runnable current = trigger;
            if (current != null) {
                current.run();
            }
        } finally {
            gate.unlock();
        }
    }

    /**
     * Sets what is signalled after each fault (an eventfd).
     *
     * @param newTrigger called with {@code &vdev->igate} held; {@code null} for nothing
     */
    public void setTrigger(@Nullable Runnable newTrigger) {
        gate.lock();
        try {
            trigger = newTrigger;
        } finally {
            gate.unlock();
        }
    }

    /**
     * The user writes to the consumer region.
     *
     * @param offset 0 for the ABI version it wants, 4 for the index of the entry it reads next
     * @param value the word; any index is taken, and judged when a fault comes
     * @throws IommuException {@code EINVAL} for another offset, for a version that does not exist, and for a version when one is
     *     in use
     */
    public void writeConsumer(int offset, int value) {
        queueLock.lock();
        try {
            switch (offset) {
                case FaultRegionLayout.WANTED_VERSION_OFFSET -> chooseLocked(value);
                case FaultRegionLayout.CONSUMER_OFFSET -> consumer = value;
                default -> throw new IommuException(Errno.EINVAL, "offset " + offset + " of the consumer region");
            }
        } finally {
            queueLock.unlock();
        }
    }

    /** The version is written last: who sees it sees the rest. */
    private void chooseLocked(int version) {
        queueLock.assertHeld();
        if (chosen || version < 1 || version > NEWEST_ABI) {
            throw new IommuException(
                    Errno.EINVAL,
                    "ABI version " + version + " of 1 to " + NEWEST_ABI + (chosen ? ", chosen already" : ""));
        }
        memory.store32(base + FaultRegionLayout.ENTRY_SIZE_OFFSET, FaultRecord.BYTES);
        memory.store32(base + FaultRegionLayout.ENTRIES_OFFSET, entries);
        memory.store32(base + FaultRegionLayout.VERSION_OFFSET, version);
        chosen = true;
    }

    /**
     * The user reads the producer region, or what it has mapped of it.
     *
     * @param offset bytes, a multiple of 8, below {@link #PRODUCER_BYTES}
     * @return the word
     * @throws IommuException {@code EINVAL} for another offset
     */
    public long readProducer(int offset) {
        if (offset < 0 || offset >= PRODUCER_BYTES || offset % Long.BYTES != 0) {
            throw new IommuException(Errno.EINVAL, "offset " + offset + " of the producer region");
        }
        return memory.load64(base + offset);
    }

    /**
     * How many faults found no room.
     *
     * @return 0 or more
     */
    public long dropped() {
        queueLock.lock();
        try {
            return dropped;
        } finally {
            queueLock.unlock();
        }
    }
}
