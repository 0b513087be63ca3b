package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;
import java.util.Arrays;
import java.util.List;

/** How the lines of each table are read. */
final class RowReaders {

    private static final int EVENT_WORDS = 4;
    private static final int SSID_BITS = 20;

    private RowReaders() {}

    static RegisterDump.Register register(CsvRow row) throws CaptureException {
        long width = row.decimal("bytes", 4, 8);
        long offset = row.hex("offset", 20);
        if (width != 4 && width != 8) {
            throw row.error("bytes", "register width, 4 or 8");
        }
        if (offset % width != 0) {
            throw row.error("offset", "multiple of the register's width");
        }
        return new RegisterDump.Register(
                row.text("name"), offset, (int) width, row.hex("value", (int) width * Byte.SIZE));
    }

    static TranslationRow translation(CsvRow row) throws CaptureException {
        boolean bypass = row.text("walker_kind").equals("bypass");
        int walker = (row.flag("walker_r") ? 1 : 0) | (row.flag("walker_w") ? 2 : 0);
        return new TranslationRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("iova"),
                row.hex("pa"),
                row.isEmpty("qemu_perm") ? walker : (int) row.hex("qemu_perm", 2),
                walker,
                bypass,
                bypass ? 0 : sizeLg2(row, "walker_size"));
    }

    static int sizeLg2(CsvRow row, String column) throws CaptureException {
        long size = row.hex(column);
        if (Long.bitCount(size) != 1) {
            throw row.error(column, "power of two");
        }
        return Long.numberOfTrailingZeros(size);
    }

    static ProbeRow probe(CsvRow row) throws CaptureException {
        return new ProbeRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("iova"),
                (int) row.decimal("len", 1, 4096),
                access(row, "access"),
                verdict(row),
                optionalHex(row, "qemu_pa"),
                row.isEmpty("qemu_perm") ? -1 : (int) row.hex("qemu_perm", 2),
                row.text("qemu_event"),
                row.isEmpty("qemu_event_raw") ? List.of() : words(row, "qemu_event_raw"),
                expectation(row),
                optionalHex(row, "walker_pa"),
                agreement(row),
                row.text("note"));
    }

    static ProbeRow.Verdict verdict(CsvRow row) throws CaptureException {
        try {
            return ProbeRow.Verdict.valueOf(row.text("qemu_verdict"));
        } catch (IllegalArgumentException e) {
            throw row.error("qemu_verdict", "verdict: " + Arrays.toString(ProbeRow.Verdict.values()));
        }
    }

    static Expectation expectation(CsvRow row) throws CaptureException {
        String text = row.text("walker_verdict");
        if (text.equals("OK")) {
            return Expectation.OK;
        }
        if (text.isEmpty() && row.isEmpty("agree")) {
            return Expectation.NONE;
        }
        if (!text.startsWith("FAULT:")) {
            throw row.error("walker_verdict", "verdict: OK or FAULT:name");
        }
        return Expectation.fault(text.substring("FAULT:".length()));
    }

    static ProbeRow.Agreement agreement(CsvRow row) throws CaptureException {
        if (row.isEmpty("agree")) {
            return ProbeRow.Agreement.UNKNOWN;
        }
        return row.flag("agree") ? ProbeRow.Agreement.YES : ProbeRow.Agreement.NO;
    }

    static UnmappedRow unmapped(CsvRow row) throws CaptureException {
        return new UnmappedRow(
                row.line(),
                row.hexInt("sid"),
                row.hex("iova"),
                access(row, "access"),
                Expectation.fault(row.text("fault")));
    }

    static EventRow event(CsvRow row) throws CaptureException {
        long dw0 = row.decimal("type", 0, 255)
                | row.decimal("ssv", 0, 1) << 11
                | substream(row) << 12
                | row.hex("sid", Integer.SIZE) << 32;
        long dw1 = row.decimal("stall", 0, 1) << 31
                | row.decimal("pnu", 0, 1) << 33
                | row.decimal("ind", 0, 1) << 34
                | (access(row, "rnw") == Access.READ ? 1L << 35 : 0)
                | row.decimal("s2", 0, 1) << 39
                | row.decimal("class", 0, 3) << 40;
        return new EventRow(
                row.line(),
                row.text("name"),
                List.of(dw0, dw1, row.hex("input_addr"), row.hex("addr2")),
                words(row, "raw_le_bytes"));
    }

    private static long substream(CsvRow row) throws CaptureException {
        return row.text("ssid").startsWith("0x")
                ? row.hex("ssid", SSID_BITS)
                : row.decimal("ssid", 0, (1 << SSID_BITS) - 1);
    }

    static Access access(CsvRow row, String column) throws CaptureException {
        return switch (row.text(column)) {
            case "R" -> Access.READ;
            case "W" -> Access.WRITE;
            default -> throw row.error(column, "direction: R or W");
        };
    }

    static long optionalHex(CsvRow row, String column) throws CaptureException {
        return row.isEmpty(column) ? 0 : row.hex(column);
    }

    private static List<Long> words(CsvRow row, String column) throws CaptureException {
        return Arrays.stream(row.words(column, EVENT_WORDS)).boxed().toList();
    }
}
