package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import java.util.Locale;
import java.util.Optional;

/**
 * An event queue record (IHI 0070 §7.3): 32 bytes, four little-endian words.
 *
 * <pre>
 *      63      44    41:40 39 38    35  34  33  32 31                12 11        8 7          0
 * dw0 |           StreamID                        |    SubstreamID     |SSV|        | number    |
 *      63      44    41:40 39 38    35  34  33     31    30    16 15                          0
 * dw1 |       |TTRnW|CLASS|S2|NSIPA|RnW|InD|PnU|  |Stall|    |GPCF|        STAG or Reason      |
 * dw2 |                                InputAddr                                                |
 *      63      56 55                                                    12 11       3 2         0
 * dw3 |          |                IPA (S2=1: bits 55:12) or FetchAddr (bits 55:3)    |          |
 * </pre>
 *
 * Which fields a record has depends on its {@link EventType}; the others are zero. Immutable.
 *
 * @param dw0 bytes 0 to 7
 * @param dw1 bytes 8 to 15
 * @param dw2 bytes 16 to 23
 * @param dw3 bytes 24 to 31
 */
public record EventRecord(long dw0, long dw1, long dw2, long dw3) {

    /** Bytes of a record. */
    public static final int BYTES = 32;

    /** dw0: the event number. */
    public static final BitField NUMBER = bits(7, 0);
    /** dw0: a SubstreamID was given. */
    public static final BitField SSV = bit(11);
    /** dw0: the SubstreamID. */
    public static final BitField SUBSTREAM_ID = bits(31, 12);
    /** dw0: the StreamID as received. */
    public static final BitField STREAM_ID = bits(63, 32);
    /** dw1: tag of a stalled transaction. */
    public static final BitField STAG = bits(15, 0);
    /** dw1: implementation defined reason. */
    public static final BitField REASON = bits(15, 0);
    /** dw1: granule protection check fault. */
    public static final BitField GPCF = bit(16);
    /** dw1: the transaction is stalled. */
    public static final BitField STALL = bit(31);
    /** dw1: privileged. */
    public static final BitField PNU = bit(33);
    /** dw1: instruction. */
    public static final BitField IND = bit(34);
    /** dw1: read. */
    public static final BitField RNW = bit(35);
    /** dw1: IPA space, Secure stage 2 only. */
    public static final BitField NSIPA = bit(38);
    /** dw1: stage 2. */
    public static final BitField S2 = bit(39);
    /** dw1: what was being translated, {@link #CLASS_CD}, {@link #CLASS_TT} or {@link #CLASS_IN}. */
    public static final BitField CLASS = bits(41, 40);
    /** dw1: the table access was a read. */
    public static final BitField TTRNW = bit(44);
    /** dw3: the IPA's page. */
    public static final BitField IPA = bits(55, 12);
    /** dw3: physical address of the structure that could not be read. */
    public static final BitField FETCH_ADDRESS = bits(55, 3);

    /** {@link #CLASS}: a context descriptor fetch. */
    public static final int CLASS_CD = 0;
    /** {@link #CLASS}: a stage-1 descriptor fetch. */
    public static final int CLASS_TT = 1;
    /** {@link #CLASS}: the input address. */
    public static final int CLASS_IN = 2;

    /**
     * A record that names a stream and nothing else.
     *
     * @param type the event
     * @param streamId the StreamID as received, unsigned 32 bits
     * @return the record
     */
    public static EventRecord of(EventType type, int streamId) {
        return new EventRecord(type.number() | STREAM_ID.of(Integer.toUnsignedLong(streamId)), 0, 0, 0);
    }

    /**
     * The record at an address.
     *
     * @param memory where to read
     * @param address physical byte address, 8-byte aligned
     * @return the record
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static EventRecord readFrom(PhysicalMemory memory, long address) {
        return new EventRecord(
                memory.load64(address),
                memory.load64(address + 8),
                memory.load64(address + 16),
                memory.load64(address + 24));
    }

    /**
     * Stores the record.
     *
     * @param memory where to write
     * @param address physical byte address, 8-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; some words may be written then
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address, dw0);
        memory.store64(address + 8, dw1);
        memory.store64(address + 16, dw2);
        memory.store64(address + 24, dw3);
    }

    /**
     * The same record with a valid SubstreamID; SSV is set where the event has it.
     *
     * @param substreamId 0 to 2<sup>20</sup>-1
     * @return a new record
     */
    public EventRecord withSubstream(int substreamId) {
        boolean alwaysValid = number() == EventType.C_BAD_SUBSTREAMID.number();
        return new EventRecord(SUBSTREAM_ID.with(SSV.with(dw0, alwaysValid ? 0 : 1), substreamId), dw1, dw2, dw3);
    }

    /**
     * The same record with a field of dw1 replaced.
     *
     * @param field a field of dw1
     * @param value its value, shifted down to bit 0
     * @return a new record
     */
    public EventRecord with(BitField field, long value) {
        return new EventRecord(dw0, field.with(dw1, value), dw2, dw3);
    }

    /**
     * The same record with the device's address.
     *
     * @param address 64 bits as received
     * @return a new record
     */
    public EventRecord withInputAddress(long address) {
        return new EventRecord(dw0, dw1, address, dw3);
    }

    /**
     * The same record with an IPA.
     *
     * @param ipa bits outside [55:12] are dropped
     * @return a new record
     */
    public EventRecord withIpa(long ipa) {
        return new EventRecord(dw0, dw1, dw2, IPA.inPlace(ipa));
    }

    /**
     * The same record with the address of the structure that could not be read.
     *
     * @param address bits outside [55:3] are dropped
     * @return a new record
     */
    public EventRecord withFetchAddress(long address) {
        return new EventRecord(dw0, dw1, dw2, FETCH_ADDRESS.inPlace(address));
    }

    /**
     * The event number.
     *
     * @return 0 to 255
     */
    public int number() {
        return NUMBER.getInt(dw0);
    }

    /**
     * The event.
     *
     * @return empty for a reserved or implementation defined number
     */
    public Optional<EventType> type() {
        return EventType.of(number());
    }

    /**
     * SSV: whether a SubstreamID was given. Not a field of C_BAD_SUBSTREAMID, whose SubstreamID is always valid.
     *
     * @return the bit
     */
    public boolean ssv() {
        return SSV.isSet(dw0);
    }

    /**
     * SubstreamID.
     *
     * @return 20 bits
     */
    public int substreamId() {
        return SUBSTREAM_ID.getInt(dw0);
    }

    /**
     * StreamID.
     *
     * @return unsigned 32 bits
     */
    public int streamId() {
        return STREAM_ID.getInt(dw0);
    }

    /**
     * STAG: tag of a stalled transaction, meaningful when {@link #stall()}.
     *
     * @return 16 bits
     */
    public int stag() {
        return STAG.getInt(dw1);
    }

    /**
     * Stall: the transaction waits for CMD_RESUME.
     *
     * @return the bit
     */
    public boolean stall() {
        return STALL.isSet(dw1);
    }

    /**
     * PnU: privileged.
     *
     * @return the bit
     */
    public boolean pnu() {
        return PNU.isSet(dw1);
    }

    /**
     * InD: instruction.
     *
     * @return the bit
     */
    public boolean ind() {
        return IND.isSet(dw1);
    }

    /**
     * RnW: read.
     *
     * @return the bit
     */
    public boolean rnw() {
        return RNW.isSet(dw1);
    }

    /**
     * S2: stage 2.
     *
     * @return the bit
     */
    public boolean s2() {
        return S2.isSet(dw1);
    }

    /**
     * CLASS: what was being translated.
     *
     * @return {@link #CLASS_CD}, {@link #CLASS_TT} or {@link #CLASS_IN}
     */
    public int eventClass() {
        return CLASS.getInt(dw1);
    }

    /**
     * TTRnW: the table access was a read; in F_PERMISSION with CLASS=TT.
     *
     * @return the bit
     */
    public boolean ttrnw() {
        return TTRNW.isSet(dw1);
    }

    /**
     * InputAddr: the address the device used.
     *
     * @return 64 bits as received
     */
    public long inputAddress() {
        return dw2;
    }

    /**
     * IPA, of stage-2 faults.
     *
     * @return the address of a 4 KiB page
     */
    public long ipa() {
        return IPA.inPlace(dw3);
    }

    /**
     * FetchAddr, of aborted fetches.
     *
     * @return physical byte address, 8-byte aligned
     */
    public long fetchAddress() {
        return FETCH_ADDRESS.inPlace(dw3);
    }

    @Override
    public String toString() {
        String name = type().map(Enum::name).orElse("0x" + Integer.toHexString(number()));
        return String.format(
                Locale.ROOT, "%s sid=0x%x [%016x %016x %016x %016x]", name, streamId(), dw0, dw1, dw2, dw3);
    }
}
