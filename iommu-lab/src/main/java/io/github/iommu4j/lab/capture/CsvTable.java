package io.github.iommu4j.lab.capture;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/** Reads one table of a capture. */
final class CsvTable {

    private static final CSVFormat FORMAT = CSVFormat.RFC4180
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setIgnoreEmptyLines(true)
            .setRecordSeparator('\n')
            .get();

    private CsvTable() {}

    /** Turns a line into a value. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(CsvRow row) throws CaptureException;
    }

    static <T> List<T> read(CaptureSource source, CaptureTable table, RowReader<T> reader) throws CaptureException {
        String file = table.file();
        try (InputStream in = source.open(file)) {
            if (in == null) {
                throw new CaptureException(file + " is missing in " + source.name());
            }
            Reader text = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder());
            return parse(text, table, reader);
        } catch (UncheckedIOException e) {
            throw unreadable(file, e.getCause());
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new CaptureException(file + ": not a CSV table: " + reason(e));
        }
    }

    private static <T> List<T> parse(Reader text, CaptureTable table, RowReader<T> reader)
            throws IOException, CaptureException {
        String file = table.file();
        List<T> rows = new ArrayList<>();
        try (CSVParser parser =
                CSVParser.builder().setReader(text).setFormat(FORMAT).get()) {
            for (String column : table.required()) {
                if (!parser.getHeaderNames().contains(column)) {
                    throw CaptureException.at(file, 1, "no column " + column);
                }
            }
            for (CSVRecord cells : parser) {
                long line = parser.getCurrentLineNumber();
                if (!cells.isConsistent()) {
                    throw CaptureException.at(
                            file,
                            line,
                            cells.size() + " cells where the header has "
                                    + parser.getHeaderNames().size());
                }
                rows.add(reader.read(new CsvRow(file, line, cells)));
            }
        }
        return rows;
    }

    private static CaptureException unreadable(String file, @Nullable Exception e) {
        return new CaptureException(
                file + ": " + (e instanceof CharacterCodingException ? "not UTF-8 text" : reason(e)));
    }

    private static String reason(@Nullable Exception e) {
        String message = e == null ? null : e.getMessage();
        return message == null ? "cannot be read" : message.replaceAll("\\s+", " ");
    }
}
