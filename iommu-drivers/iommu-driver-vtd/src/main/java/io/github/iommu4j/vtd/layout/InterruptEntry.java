package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import java.util.Locale;

/**
 * An interrupt remapping table entry, IRTE (Intel VT-d §9.10-9.11): 16 bytes, two little-endian words.
 *
 * <pre>
 *            63        32 31   24 23     16 15 14 13 12 11   8 7   5 4  3  2   1   0
 * remapped |     DST     |       | vector  |0 |        | AVAIL| DLM |TM|RH|DM|FPD| P |
 *            63   38 37        24 23     16 15 14 13 12 11   8 7             2   1   0
 * posted   | PDA_L  |            | vector  |1 |URG|    | AVAIL|                |FPD| P |
 *            63        32 31    20 19 18 17 16 15      0
 * q1       |   PDA_H     |        | SVT | SQ  |  SID    |
 * </pre>
 *
 * PDA_H exists in posted entries only. Immutable.
 *
 * @param q0 bytes 0 to 7
 * @param q1 bytes 8 to 15
 */
public record InterruptEntry(long q0, long q1) {

    /** Bytes of an entry. */
    public static final int BYTES = 16;

    /** q0: present. */
    public static final BitField P = bit(0);
    /** q0: faults of this entry are not recorded. */
    public static final BitField FPD = bit(1);
    /** q0: the destination is logical. */
    public static final BitField DM = bit(2);
    /** q0: redirection hint. */
    public static final BitField RH = bit(3);
    /** q0: level triggered. */
    public static final BitField TM = bit(4);
    /** q0: delivery mode. */
    public static final BitField DLM = bits(7, 5);
    /** q0: free for software. */
    public static final BitField AVAIL = bits(11, 8);
    /** q0 of a posted entry: urgent. */
    public static final BitField URG = bit(14);
    /** q0: posted. */
    public static final BitField IM = bit(15);
    /** q0: vector. */
    public static final BitField VECTOR = bits(23, 16);
    /** q0 of a remapped entry: destination; without EIME the APIC id is in bits 15:8 of it. */
    public static final BitField DST = bits(63, 32);
    /** q0 of a posted entry: bits 31:6 of the posted descriptor's address. */
    public static final BitField PDA_LOW = bits(63, 38);
    /** q1: who may use the entry. */
    public static final BitField SID = bits(15, 0);
    /** q1: which bits of the function number are ignored. */
    public static final BitField SQ = bits(17, 16);
    /** q1: how SID is verified. */
    public static final BitField SVT = bits(19, 18);
    /** q1 of a posted entry: bits 63:32 of the posted descriptor's address. */
    public static final BitField PDA_HIGH = bits(63, 32);

    /** {@link #SVT}: not at all. */
    public static final int SVT_NONE = 0;
    /** {@link #SVT}: SID under SQ. */
    public static final int SVT_SID = 1;
    /** {@link #SVT}: the bus lies from SID[15:8] to SID[7:0]. */
    public static final int SVT_BUS = 2;

    private static final long RESERVED_REMAPPED_0 =
            bits(14, 12).mask() | bits(31, 24).mask();
    private static final long RESERVED_REMAPPED_1 = bits(63, 20).mask();
    private static final long RESERVED_POSTED_0 =
            bits(7, 2).mask() | bits(13, 12).mask() | bits(37, 24).mask();
    private static final long RESERVED_POSTED_1 = bits(31, 20).mask();
    private static final long RESERVED_XAPIC_0 =
            bits(39, 32).mask() | bits(63, 48).mask();

    /**
     * A remapped entry in fixed delivery mode, physical, edge triggered.
     *
     * @param vector 8 bits
     * @param dst the field {@link #DST}, unsigned 32 bits
     * @return an entry that is present, and that everyone may use
     */
    public static InterruptEntry remapped(int vector, int dst) {
        return new InterruptEntry(P.of(1) | VECTOR.of(vector) | DST.of(Integer.toUnsignedLong(dst)), 0);
    }

    /**
     * A posted entry.
     *
     * @param vector 8 bits
     * @param descriptor physical address of the posted descriptor, 64-byte aligned
     * @return an entry that is present, and that everyone may use
     */
    public static InterruptEntry posted(int vector, long descriptor) {
        long low = P.of(1) | IM.of(1) | VECTOR.of(vector) | PDA_LOW.of(descriptor >>> 6 & 0x3FF_FFFF);
        return new InterruptEntry(low, PDA_HIGH.of(descriptor >>> 32));
    }

    /**
     * The same entry, for one source.
     *
     * @param sid source-id, 16 bits
     * @param sq which bits of the function number are ignored, 2 bits
     * @return a new entry
     */
    public InterruptEntry verifying(int sid, int sq) {
        return new InterruptEntry(q0, SVT.with(SQ.with(SID.with(q1, sid), sq), SVT_SID));
    }

    /**
     * The same entry, for a range of buses.
     *
     * @param first the first bus, 8 bits
     * @param last the last bus, 8 bits
     * @return a new entry
     */
    public InterruptEntry verifyingBuses(int first, int last) {
        return new InterruptEntry(q0, SVT.with(SID.with(q1, (long) first << 8 | last), SVT_BUS));
    }

    /**
     * The same entry with a field of q0 replaced.
     *
     * @param field a field of q0
     * @param value its value, shifted down to bit 0
     * @return a new entry
     */
    public InterruptEntry with(BitField field, long value) {
        return new InterruptEntry(field.with(q0, value), q1);
    }

    /**
     * Reads an entry.
     *
     * @param memory where to read
     * @param address physical byte address, 16-byte aligned
     * @return the entry
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static InterruptEntry readFrom(PhysicalMemory memory, long address) {
        return new InterruptEntry(memory.load64(address), memory.load64(address + 8));
    }

    /**
     * Stores the entry, the word with P last.
     *
     * @param memory where to write
     * @param address physical byte address, 16-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; one word may be written then
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address + 8, q1);
        memory.store64(address, q0);
    }

    /**
     * Whether the entry is present.
     *
     * @return P
     */
    public boolean isPresent() {
        return P.isSet(q0);
    }

    /**
     * Whether interrupts are posted.
     *
     * @return IM
     */
    public boolean isPosted() {
        return IM.isSet(q0);
    }

    /**
     * Whether a bit is set that must be 0 in an entry of this format.
     *
     * @param extended IRTA_REG.EIME as 1 or 0: with 0, a destination has 8 bits
     * @return whether the entry is not valid
     */
    public boolean hasReservedBits(int extended) {
        if (isPosted()) {
            return (q0 & RESERVED_POSTED_0 | q1 & RESERVED_POSTED_1) != 0;
        }
        long narrow = extended == 0 ? RESERVED_XAPIC_0 : 0;
        return (q0 & (RESERVED_REMAPPED_0 | narrow) | q1 & RESERVED_REMAPPED_1) != 0;
    }

    /**
     * The address of the posted descriptor.
     *
     * @return physical byte address, 64-byte aligned
     */
    public long postedDescriptor() {
        return PDA_HIGH.get(q1) << 32 | PDA_LOW.get(q0) << 6;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s [%016x %016x]", isPosted() ? "posted" : "remapped", q0, q1);
    }
}
