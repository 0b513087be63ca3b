package io.github.iommu4j.lab.replay;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import java.util.List;

/**
 * An event record by the fields a comparison speaks of (IHI 0070 §7.3). Immutable.
 *
 * <pre>
 *      63          44 43 42 41:40  39   36 35  34  33      31        15         11  7    0
 * dw0 |            StreamID            |      SubstreamID [31:12]          |  |SSV|   | type |
 * dw1 |   TTRnW [44]   | CLASS | S2 |    RnW InD PnU |  Stall |      |      STAG [15:0]      |
 * dw2 |                             InputAddr                                                |
 * dw3 |                             IPA or FetchAddr                                         |
 * </pre>
 *
 * @param dw0 word 0
 * @param dw1 word 1
 * @param dw2 word 2
 * @param dw3 word 3
 */
record EventRecord(long dw0, long dw1, long dw2, long dw3) {

    static final int F_CD_FETCH = 0x09;
    static final int F_WALK_EABT = 0x0B;
    static final int F_TRANSLATION = 0x10;
    static final int F_PERMISSION = 0x13;

    static final int CLASS_CD = 0;
    static final int CLASS_TT = 1;
    static final int CLASS_IN = 2;

    static final BitField TYPE = bits(7, 0);
    static final BitField SSV = bit(11);
    static final BitField SUBSTREAM = bits(31, 12);
    static final BitField STREAM = bits(63, 32);
    static final BitField STALL = bit(31);
    static final BitField PNU = bit(33);
    static final BitField IND = bit(34);
    static final BitField RNW = bit(35);
    static final BitField S2 = bit(39);
    static final BitField CLASS = bits(41, 40);

    /** Bits of word 1 that the decoded columns of a capture cover. */
    private static final long DECODED_DW1 =
            STALL.mask() | PNU.mask() | IND.mask() | RNW.mask() | S2.mask() | CLASS.mask();

    private static final long DECODED_DW0 = TYPE.mask() | SSV.mask() | SUBSTREAM.mask() | STREAM.mask();

    static EventRecord of(List<Long> words) {
        return new EventRecord(words.get(0), words.get(1), words.get(2), words.get(3));
    }

    int type() {
        return TYPE.getInt(dw0);
    }

    int streamId() {
        return STREAM.getInt(dw0);
    }

    int stageClass() {
        return CLASS.getInt(dw1);
    }

    boolean stage2() {
        return S2.isSet(dw1);
    }

    boolean isRead() {
        return RNW.isSet(dw1);
    }

    /** F_TRANSLATION, F_ADDR_SIZE, F_ACCESS or F_PERMISSION. */
    boolean isTranslationFault() {
        return type() >= F_TRANSLATION && type() <= F_PERMISSION;
    }

    /** Whether InputAddr and the access are recorded (IHI 0070 §7.3). */
    boolean hasInputAddress() {
        return isTranslationFault() || type() == F_WALK_EABT;
    }

    EventRecord withDw1(long word) {
        return new EventRecord(dw0, word, dw2, dw3);
    }

    EventRecord withDw3(long word) {
        return new EventRecord(dw0, dw1, dw2, word);
    }

    /** Whether the columns of a capture's line say what its raw bytes say. */
    boolean matchesColumns(EventRecord columns) {
        return (dw0 & DECODED_DW0) == columns.dw0
                && (dw1 & DECODED_DW1) == columns.dw1
                && dw2 == columns.dw2
                && dw3 == columns.dw3;
    }

    @Override
    public String toString() {
        return String.format("%016x %016x %016x %016x", dw0, dw1, dw2, dw3);
    }
}
