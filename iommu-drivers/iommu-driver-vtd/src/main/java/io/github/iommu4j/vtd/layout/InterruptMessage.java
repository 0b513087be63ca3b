package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * A write to FEEx_xxxxh: an interrupt (Intel VT-d §5.1.2).
 *
 * <pre>
 *                     31   20 19            12 11     5  4   3   2    1 0
 * compatibility      |  FEEh |   destination  |       | 0 |RH |DM   |    |
 * remappable         |  FEEh |        handle 14:0     | 1 |SHV|hdl15|    |
 * data, compatibility: TM 15, level 14, delivery mode 10:8, vector 7:0
 * data, remappable with SHV: subhandle 15:0
 * </pre>
 *
 * Immutable.
 *
 * @param address where the device writes
 * @param data what it writes
 */
public record InterruptMessage(long address, int data) {

    /** address: destination, compatibility format. */
    public static final BitField DESTINATION = bits(19, 12);
    /** address: the destination is logical, compatibility format. */
    public static final BitField DESTINATION_MODE = bit(2);
    /** address: redirection hint, compatibility format. */
    public static final BitField REDIRECTION_HINT = bit(3);
    /** address: remappable format. */
    public static final BitField REMAPPABLE = bit(4);
    /** address: the data has a subhandle, remappable format. */
    public static final BitField SHV = bit(3);
    /** address: handle[15], remappable format. */
    public static final BitField HANDLE_HIGH = bit(2);
    /** address: handle[14:0], remappable format. */
    public static final BitField HANDLE_LOW = bits(19, 5);
    /** data: vector, compatibility format. */
    public static final BitField VECTOR = bits(7, 0);
    /** data: delivery mode, compatibility format. */
    public static final BitField DELIVERY_MODE = bits(10, 8);
    /** data: level triggered, compatibility format. */
    public static final BitField TRIGGER_MODE = bit(15);
    /** data: subhandle, remappable format with SHV. */
    public static final BitField SUBHANDLE = bits(15, 0);

    private static final int WINDOW = 0xFEE;

    /** Redirection table entry of an I/O APIC, remappable format (§5.1.5.1): handle[15], format, handle[14:0]. */
    private static final BitField RTE_HANDLE_HIGH = bit(11);

    private static final BitField RTE_FORMAT = bit(48);
    private static final BitField RTE_HANDLE_LOW = bits(63, 49);
    private static final BitField RTE_DESTINATION = bits(63, 56);
    private static final BitField RTE_LOGICAL = bit(11);
    private static final BitField RTE_DATA = bits(15, 0);
    private static final long RTE_DATA_MASK = 0x87FF;

    /**
     * Whether an untranslated write without PASID is an interrupt, and never DMA (§3.14).
     *
     * @param address where a device writes
     * @return whether it lies in FEEx_xxxxh
     */
    public static boolean isInterrupt(long address) {
        return address >>> 20 == WINDOW;
    }

    /**
     * A message in remappable format.
     *
     * @param handle 16 bits
     * @return a message without subhandle
     */
    public static InterruptMessage remappable(int handle) {
        long address =
                (long) WINDOW << 20 | HANDLE_LOW.of(handle & 0x7FFF) | HANDLE_HIGH.of(handle >>> 15) | REMAPPABLE.of(1);
        return new InterruptMessage(address, 0);
    }

    /**
     * The same message with a subhandle.
     *
     * @param subhandle 16 bits
     * @return a new message
     */
    public InterruptMessage withSubhandle(int subhandle) {
        return new InterruptMessage(address | SHV.of(1), subhandle);
    }

    /**
     * The message that an I/O APIC sends for an entry of its redirection table.
     *
     * @param entry a redirection table entry
     * @return a message in the format that bit 48 of the entry names
     */
    public static InterruptMessage ofRedirectionEntry(long entry) {
        int data = (int) (RTE_DATA.get(entry) & RTE_DATA_MASK);
        if (RTE_FORMAT.isSet(entry)) {
            int handle = RTE_HANDLE_HIGH.getInt(entry) << 15 | RTE_HANDLE_LOW.getInt(entry);
            return new InterruptMessage(remappable(handle).address(), data);
        }
        long address = (long) WINDOW << 20
                | DESTINATION.of(RTE_DESTINATION.get(entry))
                | DESTINATION_MODE.of(RTE_LOGICAL.get(entry));
        return new InterruptMessage(address, data);
    }

    /**
     * Whether the format is remappable.
     *
     * @return bit 4 of the address
     */
    public boolean isRemappable() {
        return REMAPPABLE.isSet(address);
    }

    /**
     * The handle, remappable format.
     *
     * @return 16 bits
     */
    public int handle() {
        return HANDLE_HIGH.getInt(address) << 15 | HANDLE_LOW.getInt(address);
    }

    /**
     * The index into the interrupt remapping table: handle, plus subhandle where there is one. The sum does not wrap.
     *
     * @return 0 to 1FFFEh
     */
    public int index() {
        return handle() + (SHV.isSet(address) ? SUBHANDLE.getInt(data) : 0);
    }

    /**
     * Whether data bits are set that must be 0: the upper half, with SHV.
     *
     * @return whether the message has reserved bits
     */
    public boolean hasReservedBits() {
        return SHV.isSet(address) && data >>> 16 != 0;
    }
}
