package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of the PRI queue: two little-endian words (IHI 0070 §8.1).
 *
 * <pre>
 *      63   62   61  60  59  58   57  52 51              32 31               0
 *     +---+----+---+---+---+----+-------+------------------+------------------+
 * dw0 |SSV|Last| W | R | X |Priv|   -   |   SubstreamID    |     StreamID     |
 *     +---+----+---+---+---+----+-------+------------------+------------------+
 * dw1 |                  page address 63:12                 | - | PRGIndex 8:0 |
 *     +-----------------------------------------------------+---+--------------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param dw0 bytes 0 to 7
 * @param dw1 bytes 8 to 15
 */
public record PageRequestRecord(long dw0, long dw1) {

    /** Bytes an entry takes. */
    public static final int BYTES = 16;

    /** dw0. */
    public static final BitField STREAM_ID = bits(31, 0);
    /** dw0: valid with SSV. */
    public static final BitField SUBSTREAM_ID = bits(51, 32);
    /** dw0: the access asked for is privileged; 0 without SSV. */
    public static final BitField PRIVILEGED = bit(58);
    /** dw0: execution is asked for; 0 without SSV. */
    public static final BitField EXECUTE = bit(59);
    /** dw0: reading is asked for. */
    public static final BitField READ = bit(60);
    /** dw0: writing is asked for. */
    public static final BitField WRITE = bit(61);
    /** dw0: the last request of its group. */
    public static final BitField LAST = bit(62);
    /** dw0: the SubstreamID is valid. */
    public static final BitField SSV = bit(63);
    /** dw1. */
    public static final BitField PRG_INDEX = bits(8, 0);
    /** dw1. */
    public static final BitField ADDRESS = bits(63, 12);

    /**
     * The entry of a message.
     *
     * @param message what a device asks for
     * @return its entry; without a PASID neither execution nor privilege can be asked for
     */
    public static PageRequestRecord of(PageRequestMessage message) {
        int permissions = message.permissions();
        long first = STREAM_ID.of(Integer.toUnsignedLong(message.streamId()))
                | READ.of(permissions & PageRequestMessage.READ)
                | WRITE.of((permissions & PageRequestMessage.WRITE) != 0 ? 1 : 0)
                | LAST.of(message.last() ? 1 : 0);
        if (message.hasSubstream()) {
            first |= SSV.mask()
                    | SUBSTREAM_ID.of(message.substreamId())
                    | EXECUTE.of((permissions & PageRequestMessage.EXECUTE) != 0 ? 1 : 0)
                    | PRIVILEGED.of(message.privilege() == Privilege.PRIVILEGED ? 1 : 0);
        }
        return new PageRequestRecord(first, message.address() | PRG_INDEX.of(message.prgIndex()));
    }

    /**
     * The message an entry stands for.
     *
     * @return what the device asked for; reserved bits are ignored
     */
    public PageRequestMessage message() {
        int permissions = (READ.isSet(dw0) ? PageRequestMessage.READ : 0)
                | (WRITE.isSet(dw0) ? PageRequestMessage.WRITE : 0)
                | (EXECUTE.isSet(dw0) ? PageRequestMessage.EXECUTE : 0);
        return new PageRequestMessage(
                STREAM_ID.getInt(dw0),
                SSV.isSet(dw0) ? SUBSTREAM_ID.getInt(dw0) : TranslationUnit.NO_SUBSTREAM,
                ADDRESS.inPlace(dw1),
                permissions,
                PRIVILEGED.isSet(dw0) ? Privilege.PRIVILEGED : Privilege.UNPRIVILEGED,
                PRG_INDEX.getInt(dw1),
                LAST.isSet(dw0));
    }

    /**
     * The entry at an address.
     *
     * @param memory where to read
     * @param address physical byte address, 8-byte aligned
     * @return the entry
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static PageRequestRecord readFrom(PhysicalMemory memory, long address) {
        return new PageRequestRecord(memory.load64(address), memory.load64(address + 8));
    }

    /**
     * Stores the entry.
     *
     * @param memory where to write
     * @param address physical byte address, 8-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; one word may be written then
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address, dw0);
        memory.store64(address + 8, dw1);
    }

    @Override
    public String toString() {
        return String.format("%s [%016x %016x]", message(), dw0, dw1);
    }
}
