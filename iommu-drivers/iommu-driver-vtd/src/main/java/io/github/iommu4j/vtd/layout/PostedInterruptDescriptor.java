package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * A posted-interrupt descriptor (Intel VT-d §9.12): 64 bytes that hardware and software both update atomically.
 *
 * <pre>
 * bytes  0-31  PIR: a bit for each vector
 *           63      32 31   24 23    16 15    2  1    0
 * word 4   |   NDST   |       |   NV   |       | SN | ON |
 * bytes 40-63  reserved
 * </pre>
 */
public final class PostedInterruptDescriptor {

    /** Bytes of a descriptor, and its alignment. */
    public static final int BYTES = 64;
    /** Where {@link #ON} and the fields after it stand, in bytes. */
    public static final int CONTROL = 32;

    /** A notification is outstanding. */
    public static final BitField ON = bit(0);
    /** Notifications are suppressed, but for urgent interrupts. */
    public static final BitField SN = bit(1);
    /** The vector of the notification. */
    public static final BitField NV = bits(23, 16);
    /** The destination of the notification; without EIME the APIC id is in bits 15:8 of it. */
    public static final BitField NDST = bits(63, 32);

    /** Bits of the control word that must be 0. */
    public static final long RESERVED = bits(15, 2).mask() | bits(31, 24).mask();

    private PostedInterruptDescriptor() {}

    /**
     * Where the bit of a vector stands.
     *
     * @param descriptor physical address of the descriptor
     * @param vector 0 to 255
     * @return physical address of a 64-bit word
     */
    public static long requestWord(long descriptor, int vector) {
        return descriptor + 8L * (vector >>> 6);
    }

    /**
     * The bit of a vector in its word.
     *
     * @param vector 0 to 255
     * @return a mask
     */
    public static long requestBit(int vector) {
        return 1L << (vector & 63);
    }
}
