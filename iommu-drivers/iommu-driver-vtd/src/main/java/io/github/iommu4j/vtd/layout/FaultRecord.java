package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import java.util.Locale;

/**
 * A fault-recording register, FRCD_REG (Intel VT-d §11.4): 128 bits.
 *
 * <pre>
 *       63                                                                          12 11    0
 * low  |                    FI: page, or interrupt index in bits 63:48                |       |
 *       63 62 61 60 59            40 39      32 31 30  29   28 27      16 15                 0
 * high | F|T1| AT  |      PV        |    FR    |PP|EXE|PRIV|T2|          |        SID         |
 * </pre>
 *
 * Immutable.
 *
 * @param low bits 63:0
 * @param high bits 127:64
 */
public record FaultRecord(long low, long high) {

    /** Bytes of a record. */
    public static final int BYTES = 16;

    /** high: who made the request. */
    public static final BitField SID = bits(15, 0);
    /** high: the lower bit of the request's type, see {@link #requestType()}. */
    public static final BitField T2 = bit(28);
    /** high: privilege was asked for. */
    public static final BitField PRIV = bit(29);
    /** high: execution was asked for. */
    public static final BitField EXE = bit(30);
    /** high: the request had a PASID. */
    public static final BitField PP = bit(31);
    /** high: why. */
    public static final BitField FR = bits(39, 32);
    /** high: the PASID. */
    public static final BitField PV = bits(59, 40);
    /** high: 00b untranslated, 01b translation request, 10b translated. */
    public static final BitField AT = bits(61, 60);
    /** high: the upper bit of the request's type. */
    public static final BitField T1 = bit(62);
    /** high: the record holds a fault; software writes 1 to free it. */
    public static final BitField F = bit(63);
    /** low: the interrupt index of an interrupt remapping fault. */
    public static final BitField INTERRUPT_INDEX = bits(63, 48);
    /** low: the page, in place. */
    public static final BitField FI = bits(63, 12);

    /**
     * Whether the record holds a fault.
     *
     * @return F
     */
    public boolean isFull() {
        return F.isSet(high);
    }

    /**
     * Who made the request.
     *
     * @return source-id, 16 bits
     */
    public int sid() {
        return SID.getInt(high);
    }

    /**
     * Why the request was blocked.
     *
     * @return 8 bits
     */
    public int reason() {
        return FR.getInt(high);
    }

    /**
     * Whether the request had a PASID.
     *
     * @return PP
     */
    public boolean hasPasid() {
        return PP.isSet(high);
    }

    /**
     * The PASID, meaningful when there was one.
     *
     * @return 20 bits
     */
    public int pasid() {
        return PV.getInt(high);
    }

    /**
     * The page of a DMA fault.
     *
     * @return an address, 4 KiB aligned
     */
    public long page() {
        return FI.inPlace(low);
    }

    /**
     * The index of an interrupt remapping fault.
     *
     * @return 16 bits
     */
    public int interruptIndex() {
        return INTERRUPT_INDEX.getInt(low);
    }

    /**
     * What the request was: {T1,T2}.
     *
     * @return 0 write, 1 page request, 2 read, 3 AtomicOp
     */
    public int requestType() {
        return T1.getInt(high) << 1 | T2.getInt(high);
    }

    /**
     * The request's address type.
     *
     * @return 0 untranslated, 1 translation request, 2 translated
     */
    public int addressType() {
        return AT.getInt(high);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "fault 0x%02x sid=0x%04x page=0x%x [%016x %016x]", reason(), sid(), page(), high, low);
    }
}
