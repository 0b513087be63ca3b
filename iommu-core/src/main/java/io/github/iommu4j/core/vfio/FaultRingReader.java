package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.core.fault.FaultRecord;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The user's side of a {@link FaultRegion}: chooses a version, reads entries and hands them back.
 *
 * <p><b>Thread-safety:</b> one thread at a time.
 */
public final class FaultRingReader {

    /** Writes to the consumer region. */
    @FunctionalInterface
    public interface ConsumerRegion {

        /**
         * Writes.
         *
         * @param offset bytes from the start of the region
         * @param value the word
         */
        void write(int offset, int value);
    }

    private final IntToLongFunction producerRegion;
    private final ConsumerRegion consumerRegion;
    private int ringOffset;
    private int entries;
    private int consumer;

    /**
     * A reader that has not chosen a version.
     *
     * @param producerRegion reads a 64-bit word at an offset of the producer region
     * @param consumerRegion writes to the consumer region
     */
    public FaultRingReader(IntToLongFunction producerRegion, ConsumerRegion consumerRegion) {
        this.producerRegion = producerRegion;
        this.consumerRegion = consumerRegion;
    }

    /**
     * Chooses a version and learns where the ring is.
     *
     * @param newest the newest version the region's capability tells
     * @throws IommuException {@code EINVAL} when the kernel refuses, or what it answers is no ring this reader knows
     */
    public void open(int newest) {
        int version = Math.min(newest, FaultRegion.NEWEST_ABI);
        consumerRegion.write(FaultRegionLayout.WANTED_VERSION_OFFSET, version);
        long first = producerRegion.applyAsLong(FaultRegionLayout.VERSION_OFFSET);
        long second = producerRegion.applyAsLong(FaultRegionLayout.PRODUCER_OFFSET);
        long third = producerRegion.applyAsLong(FaultRegionLayout.ENTRY_SIZE_OFFSET);
        ringOffset = FaultRegionLayout.RING_OFFSET.getInt(first);
        entries = FaultRegionLayout.ENTRIES.getInt(second);
        if (FaultRegionLayout.VERSION.getInt(first) != version
                || FaultRegionLayout.ENTRY_SIZE.getInt(third) != FaultRecord.BYTES
                || entries < 2) {
            throw new IommuException(Errno.EINVAL, "the kernel offers no ring of version " + version);
        }
    }

    /**
     * Takes the oldest fault and hands its entry back.
     *
     * @return the fault, or {@code null} when there is none
     * @throws IommuException {@code EINVAL} for an entry that is no fault, which is handed back, too
     */
    public @Nullable FaultEvent poll() {
        int producer = FaultRegionLayout.PRODUCER.getInt(producerRegion.applyAsLong(FaultRegionLayout.PRODUCER_OFFSET));
        if (producer == consumer) {
            return null;
        }
        long[] words = new long[FaultRecord.WORDS];
        int entry = ringOffset + consumer * FaultRecord.BYTES;
        for (int i = 0; i < words.length; i++) {
            words[i] = producerRegion.applyAsLong(entry + i * Long.BYTES);
        }
        consumer = (consumer + 1) % entries;
        consumerRegion.write(FaultRegionLayout.CONSUMER_OFFSET, consumer);
        return FaultRecord.decode(words);
    }
}
