package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;
import java.util.List;

/** How the lines of the tables that Intel VT-d's captures have otherwise are read. */
final class VtdRows {

    private static final String REASON = "reason_";
    private static final int LARGEST_REASON = 255;

    private VtdRows() {}

    static TranslationRow translation(CsvRow row) throws CaptureException {
        boolean passThrough = row.text("walker_kind").equals("pt");
        int walker = (row.flag("walker_r") ? 1 : 0) | (row.flag("walker_w") ? 2 : 0);
        return new TranslationRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("iova"),
                row.hex("pa"),
                walker,
                walker,
                passThrough,
                passThrough ? 0 : RowReaders.sizeLg2(row, "walker_size"));
    }

    static ProbeRow probe(CsvRow row) throws CaptureException {
        String event = row.text("qemu_event");
        if (!event.isEmpty() && !event.startsWith(REASON)) {
            throw row.error("qemu_event", "fault: reason_ and a number");
        }
        return new ProbeRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("iova"),
                (int) row.decimal("len", 1, 4096),
                RowReaders.access(row, "access"),
                RowReaders.verdict(row),
                RowReaders.optionalHex(row, "qemu_pa"),
                -1,
                event,
                List.of(),
                RowReaders.expectation(row),
                RowReaders.optionalHex(row, "walker_pa"),
                RowReaders.agreement(row),
                row.text("note"));
    }

    static FaultRow fault(CsvRow row) throws CaptureException {
        return new FaultRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("addr"),
                (int) row.decimal("reason", 0, LARGEST_REASON),
                row.flag("write") ? Access.WRITE : Access.READ);
    }
}
