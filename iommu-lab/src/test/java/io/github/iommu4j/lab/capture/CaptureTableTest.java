package io.github.iommu4j.lab.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.lab.capture.CsvTable.RowReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureTableTest {

    @TempDir
    private Path directory;

    @Test
    void aRecordedCaptureHasAllColumnsInTheirOrder() throws IOException {
        Path capture = CaptureFiles.copyShipped(directory);
        for (CaptureTable table : List.of(
                CaptureTable.REGISTERS,
                CaptureTable.PAGES,
                CaptureTable.SMMU_TRANSLATIONS,
                CaptureTable.SMMU_PROBES,
                CaptureTable.UNMAPPED,
                CaptureTable.EVENTS)) {
            List<String> header = List.of(
                    Files.readAllLines(capture.resolve(table.file())).get(0).split(",", -1));
            assertThat(header).as(table.file()).containsSubsequence(table.columns());
        }
    }

    @Test
    void aReaderDoesWithoutWhatNoRowIsMadeOf() {
        assertThat(unread(CaptureTable.VTD_TRANSLATIONS)).containsExactly("qemu_mask");
        assertThat(unread(CaptureTable.VTD_PROBES)).containsExactly("qemu_mask", "qemu_event_raw");
        assertThat(unread(CaptureTable.EVENTS)).containsExactly("index");
        assertThat(unread(CaptureTable.SMMU_TRANSLATIONS)).isEmpty();
        assertThat(unread(CaptureTable.SMMU_PROBES)).isEmpty();
    }

    private static List<String> unread(CaptureTable table) {
        List<String> unread = new ArrayList<>(table.columns());
        unread.removeAll(table.required());
        return unread;
    }

    /** A reader that asked for a column that need not be there would throw. */
    @Test
    void whatIsRequiredIsAllThatIsRead() throws IOException, CaptureException {
        Path capture = CaptureFiles.copyShipped(directory);
        Map<CaptureTable, RowReader<?>> readers = Map.of(
                CaptureTable.SMMU_TRANSLATIONS, RowReaders::translation,
                CaptureTable.SMMU_PROBES, RowReaders::probe,
                CaptureTable.UNMAPPED, RowReaders::unmapped,
                CaptureTable.EVENTS, RowReaders::event,
                CaptureTable.REGISTERS, RowReaders::register);
        for (Map.Entry<CaptureTable, RowReader<?>> each : readers.entrySet()) {
            CaptureTable table = each.getKey();
            keepColumns(capture.resolve(table.file()), table.required());
            assertThat(CsvTable.read(CaptureSource.directory(capture), table, each.getValue()))
                    .as(table.file())
                    .isNotEmpty();
        }
    }

    private static void keepColumns(Path file, List<String> columns) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header = List.of(lines.get(0).split(",", -1));
        List<String> kept = new ArrayList<>();
        for (String line : lines) {
            List<String> cells = List.of(line.split(",", -1));
            kept.add(String.join(
                    ",",
                    columns.stream()
                            .map(column -> cells.get(header.indexOf(column)))
                            .toList()));
        }
        Files.write(file, kept);
    }
}
