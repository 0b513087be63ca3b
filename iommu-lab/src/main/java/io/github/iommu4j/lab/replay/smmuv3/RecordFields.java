package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import java.util.List;

/** Which fields an event record has (IHI 0070 §7.3). */
final class RecordFields {

    /** What the decoded columns of a capture cover. */
    private static final long COLUMNS_DW0 = EventRecord.NUMBER.mask()
            | EventRecord.SSV.mask()
            | EventRecord.SUBSTREAM_ID.mask()
            | EventRecord.STREAM_ID.mask();

    private static final long COLUMNS_DW1 = EventRecord.STALL.mask()
            | EventRecord.PNU.mask()
            | EventRecord.IND.mask()
            | EventRecord.RNW.mask()
            | EventRecord.S2.mask()
            | EventRecord.CLASS.mask();

    private RecordFields() {}

    static EventRecord of(List<Long> words) {
        return new EventRecord(words.get(0), words.get(1), words.get(2), words.get(3));
    }

    static boolean is(EventRecord record, EventType type) {
        return record.number() == type.number();
    }

    /** F_TRANSLATION, F_ADDR_SIZE, F_ACCESS or F_PERMISSION. */
    static boolean isTranslationFault(EventRecord record) {
        return record.number() >= EventType.F_TRANSLATION.number()
                && record.number() <= EventType.F_PERMISSION.number();
    }

    /** Whether InputAddr and the access are recorded. */
    static boolean hasInputAddress(EventRecord record) {
        return isTranslationFault(record) || is(record, EventType.F_WALK_EABT);
    }

    /** Whether the columns of a capture's line say what its raw bytes say. */
    static boolean matchesColumns(EventRecord record, EventRecord columns) {
        return (record.dw0() & COLUMNS_DW0) == columns.dw0()
                && (record.dw1() & COLUMNS_DW1) == columns.dw1()
                && record.dw2() == columns.dw2()
                && record.dw3() == columns.dw3();
    }

    static EventRecord withDw3(EventRecord record, long word) {
        return new EventRecord(record.dw0(), record.dw1(), record.dw2(), word);
    }
}
