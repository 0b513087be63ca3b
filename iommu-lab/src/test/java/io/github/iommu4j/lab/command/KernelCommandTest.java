package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.kernel.OracleFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelCommandTest {

    private static final String BINDING = "os1.k61.s01-bind-unbind";
    private static final String TYPES = "os1.k61.s02-type-single";
    private static final String HOT_PLUG = "os1.k61.s10-remove-rescan-single";

    @TempDir
    private Path temporary;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(List<Path> files, String... options) {
        List<String> arguments = new ArrayList<>(List.of("kernel"));
        files.forEach(file -> arguments.add(file.toString()));
        arguments.addAll(List.of(options));
        out.getBuffer().setLength(0);
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments.toArray(String[]::new));
    }

    private JsonObject json(List<Path> files) {
        run(files, "--json");
        return JsonParser.parseString(out.toString()).getAsJsonObject();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                BINDING,
                TYPES,
                HOT_PLUG,
                "os1.k612.s16-dirty",
                "os1.k72.s03-type-multi",
                "os1.k72.s18-memlock",
                "os1.k72.s24-edu-dma-perms",
                "o11-sriov-nvme.k61.post",
                "o14-no-iommu.k72.post",
                "o20-arm-rootports.arm61.s02-type-single",
                "o20-arm-rootports.arm61.s10-remove-rescan-single"
            })
    void aSequenceOfARealKernelAgrees(String sequence) throws IOException {
        List<Path> files = OracleFiles.copy(temporary, sequence);
        assertThat(run(files)).as(out.toString()).isZero();
        int rows = OracleFiles.lines(files.get(0)).size() - 1;
        assertThat(out.toString()).contains("AGREE: " + rows + " of " + rows + " usable rows agree");
    }

    @Test
    void theAnswerInJsonHasTheAgreedKeys() throws IOException {
        JsonObject answer = json(OracleFiles.copy(temporary, BINDING));
        assertThat(answer.keySet()).containsExactly("rows", "agree", "skipped", "parts", "differences");
        assertThat(answer.get("rows").getAsInt())
                .isEqualTo(answer.get("agree").getAsInt())
                .isEqualTo(52);
        assertThat(answer.getAsJsonObject("parts")
                        .getAsJsonObject(BINDING + ".jsonl.gz")
                        .get("rows")
                        .getAsInt())
                .isEqualTo(52);
    }

    @Test
    void severalFilesAreSummedUp() throws IOException {
        List<Path> files = OracleFiles.copy(temporary, BINDING, HOT_PLUG);
        int one = json(files.subList(0, 1)).get("rows").getAsInt();
        int other = json(files.subList(1, 2)).get("rows").getAsInt();
        assertThat(json(files).get("rows").getAsInt()).isEqualTo(one + other);
    }

    @Test
    void aLaterSequenceStartsFromWhatTheEarlierLeftWhetherItIsThereOrNot() throws IOException {
        List<Path> files = OracleFiles.copy(temporary, BINDING, TYPES);
        assertThat(run(files.subList(1, 2))).isZero();
        Files.delete(files.get(0));
        assertThat(run(files.subList(1, 2))).as(out.toString()).isZero();
    }

    @Test
    void groupsThatSplitEarlierAreRestored() throws IOException {
        List<Path> files = OracleFiles.copy(temporary, "os1.k72.s04-type-bridges-nodriver");
        assertThat(run(files)).as(out.toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1  | ENODEV                        | OK                      | result",
                "3  | \"e1000e\",8]                 | \"e1000e\",9]           | device 0000:01:00.0",
                "12 | \"vfio\":[\"8\",\"vfio\"]     | \"vfio\":[\"vfio\"]     | /dev/vfio",
                "0  | \"drv\":\"e1000e\"            | \"drv\":\"e1000\"       | drv",
                "5  | \"ref\":[0,0]                 | \"ref\":[1,0]           | module references",
                "6  | \"lck\":0                     | \"lck\":4               | locked KiB",
                "7  | \"type\":\"DMA-FQ\",\"devs\":[\"0000:00:00.0\"] | \"type\":\"DMA\",\"devs\":[\"0000:00:00.0\"]"
                        + " | group 0",
                "44 | error -22                     | error -23               | message",
            })
    void aChangedAnswerIsADifference(int row, String before, String after, String what) throws IOException {
        Path file = OracleFiles.copy(temporary, BINDING).get(0);
        OracleFiles.editRow(file, row, text -> text.replaceFirst(Pattern.quote(before), after));
        assertThat(run(List.of(file))).isEqualTo(1);
        assertThat(out.toString()).contains("DIFFERENCE " + BINDING + ".jsonl.gz:" + row + " ", what, "51 of 52");
    }

    @Test
    void aCallThatBlocksAndReturnsLaterIsCompared() throws IOException {
        UnaryOperator<String> forget = text -> text.replaceFirst("\"done\":\\[[^\\]]*\\],?", "");
        List<Path> files = OracleFiles.copy(temporary, HOT_PLUG);
        int row = -1;
        for (String line : OracleFiles.lines(files.get(0))) {
            if (line.contains("\"done\":[")) {
                row = JsonParser.parseString(line).getAsJsonObject().get("i").getAsInt();
            }
        }
        OracleFiles.editRow(files.get(0), row, forget);
        assertThat(run(files)).isEqualTo(1);
        assertThat(out.toString()).contains("calls that returned");
    }

    @Test
    void joiningAnotherGroupInTheLogIsADifference() throws IOException {
        Path file = OracleFiles.copy(temporary, HOT_PLUG).get(0);
        OracleFiles.editRow(file, 2, text -> text.replace("Adding to iommu group 8", "Adding to iommu group 9"));
        assertThat(run(List.of(file))).isEqualTo(1);
        assertThat(out.toString()).contains("group membership messages");
    }

    @Test
    void rowsFromACrashOnAreNoExpectation() throws IOException {
        Path file = OracleFiles.copy(temporary, BINDING).get(0);
        OracleFiles.editLine(file, 0, text -> text.replace("\"crashed_at\": null", "\"crashed_at\": 2"));
        OracleFiles.editRow(file, 2, text -> text.replace("\"res\":\"ENODEV\"", "\"res\":\"OK\""));
        JsonObject answer = json(List.of(file));
        assertThat(answer.get("rows").getAsInt())
                .isEqualTo(answer.get("agree").getAsInt())
                .isEqualTo(3);
    }

    @Test
    void rowsThatTheHarnessDidNotDoOnlyCountByTheirState() throws IOException {
        Path file = OracleFiles.copy(temporary, BINDING).get(0);
        OracleFiles.editRow(file, 1, text -> text.replace("\"res\":\"ENODEV\"", "\"res\":\"H:NODRV\""));
        assertThat(run(List.of(file))).isZero();
    }

    @Test
    void whatIsOutsideTheModelIsSkippedByName() throws IOException {
        Path file = OracleFiles.copy(temporary, "o20-arm-rootports.arm61.s05-vfio-single-errors")
                .get(0);
        OracleFiles.editRow(file, 0, text -> text.replace("\"op\":\"api\"", "\"op\":\"dance\""));
        JsonObject skipped = json(List.of(file)).getAsJsonObject("skipped");
        assertThat(skipped.keySet())
                .containsExactly("the operation dance", "which devices a hot reset of an emulated device would reset");
    }

    @Test
    void badInputIsOneLineAndExitCodeTwo() throws IOException {
        Path file = OracleFiles.copy(temporary, BINDING).get(0);
        byte[] packed = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(packed, packed.length / 2));
        assertBad(file, "cannot be read");
        OracleFiles.write(file, List.of("{}"));
        assertBad(file, "has no header");
        OracleFiles.write(file, List.of("{", "}"));
        assertBad(file, "line 1: is not JSON");
        OracleFiles.write(file, List.of("{}", "{}"));
        assertBad(file, "op is missing");
        OracleFiles.write(file, List.of("{}", "{\"op\":\"bind\"}"));
        assertBad(file, "line 2 should be the first state");
        assertBad(temporary.resolve("none.jsonl"), "cannot be read");
    }

    private void assertBad(Path file, String reason) {
        err.getBuffer().setLength(0);
        assertThat(run(List.of(file))).isEqualTo(2);
        assertThat(err.toString()).contains(reason).hasLineCount(1);
    }

    @Test
    void aSequenceNeedsItsMachineAndAModelOfItsKernel() throws IOException {
        Path file = OracleFiles.copy(temporary, BINDING).get(0);
        OracleFiles.editLine(file, 0, text -> text.replace("\"kernel\": \"k61\"", "\"kernel\": \"k99\""));
        assertBad(file, "there is no model of the kernel 'k99'");
        OracleFiles.editLine(file, 0, text -> text.replace("\"topology\": \"os1\"", "\"topology\": \"os9\""));
        assertBad(file, "has no machine os9");
        Files.delete(temporary.resolve("topology.json"));
        assertBad(file, "there is no topology.json beside it or above");
    }
}
