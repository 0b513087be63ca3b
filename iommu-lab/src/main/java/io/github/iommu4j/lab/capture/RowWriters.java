package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import java.util.List;
import java.util.Locale;

/** How the lines of each table are written; the other side of {@link RowReaders}. */
final class RowWriters {

    private RowWriters() {}

    static List<Object> register(RegisterDump.Register register) {
        return List.of(register.name(), hex(register.offset()), register.width(), hex(register.value()));
    }

    static List<Object> page(MemoryImage.Page page) {
        return List.of(hex(page.address()), page.offset());
    }

    static List<Object> translation(TranslationRow row, Family family) {
        boolean vtd = family == Family.VTD;
        return List.of(
                sid(row.streamId()),
                hex(row.iova()),
                hex(row.pa()),
                row.bypass() || vtd ? "" : hex(row.permissions()),
                row.bypass() ? vtd ? "pt" : "bypass" : "tables",
                row.bypass() ? "0x0" : hex(1L << row.sizeLg2()),
                row.walkerPermissions() & 1,
                row.walkerPermissions() >>> 1 & 1);
    }

    static List<Object> probe(ProbeRow row) {
        boolean ok = row.verdict() == ProbeRow.Verdict.OK || row.verdict() == ProbeRow.Verdict.BYPASS;
        boolean specified = row.specification().kind() == Expectation.Kind.OK;
        return List.of(
                sid(row.streamId()),
                hex(row.iova()),
                row.length(),
                access(row.access()),
                row.verdict(),
                ok ? hex(row.pa()) : "",
                row.permissions() < 0 ? "" : hex(row.permissions()),
                row.eventName(),
                bytes(row.event()),
                row.specification().kind() == Expectation.Kind.NONE ? "" : row.specification(),
                specified ? hex(row.specificationPa()) : "",
                switch (row.agreement()) {
                    case YES -> "1";
                    case NO -> "0";
                    case UNKNOWN -> "";
                },
                row.note());
    }

    static List<Object> unmapped(UnmappedRow row) {
        return List.of(
                sid(row.streamId()),
                hex(row.iova()),
                access(row.access()),
                row.expected().fault());
    }

    static List<Object> fault(FaultRow row) {
        return List.of(sid(row.sourceId()), hex(row.address()), row.reason(), row.access() == Access.WRITE ? 1 : 0);
    }

    static List<Object> event(EventRow row) {
        EventRecord record = new EventRecord(
                row.words().get(0),
                row.words().get(1),
                row.words().get(2),
                row.words().get(3));
        return List.of(
                row.line() - 2,
                sid(record.streamId()),
                record.number(),
                row.name(),
                hex(record.dw2()),
                record.rnw() ? "R" : "W",
                record.eventClass(),
                bit(record.s2()),
                bit(record.pnu()),
                bit(record.ind()),
                bit(record.ssv()),
                hex(record.substreamId()),
                bit(EventRecord.STALL.isSet(record.dw1())),
                hex(record.dw3()),
                bytes(row.words()));
    }

    private static int bit(boolean set) {
        return set ? 1 : 0;
    }

    private static String access(Access access) {
        return access == Access.WRITE ? "W" : "R";
    }

    private static String sid(int streamId) {
        return hex(Integer.toUnsignedLong(streamId));
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    /** The bytes of memory, the first one first. */
    private static String bytes(List<Long> words) {
        StringBuilder text = new StringBuilder(16 * words.size());
        words.forEach(word -> text.append(String.format(Locale.ROOT, "%016x", Long.reverseBytes(word))));
        return text.toString();
    }
}
