package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.capture.CaptureFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineProgramTest {

    @TempDir
    private Path temporary;

    private String capture = "";
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void copy() throws IOException {
        capture = CaptureFiles.copyShipped(temporary).toString();
    }

    @Test
    void withoutACommandTheDemonstrationRuns() {
        assertThat(run()).isZero();
        assertThat(out.toString())
                .contains("AGREE: 944 of 944 usable lines agree")
                .contains("translations/s")
                .contains("F_PERMISSION")
                .contains("Next: iommu replay DIR");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theDemonstrationAnswersInJson() {
        assertThat(run("demo", "--json")).isZero();
        assertThat(json().get("scenario").getAsString()).isEqualTo("smmu-06-stage2");
    }

    @Test
    void agreementExitsWithZero() {
        assertThat(run("replay", capture)).isZero();
        assertThat(out.toString()).contains("smmu-06-stage2").contains("IPA_KEEPS_PAGE_OFFSET");
    }

    @Test
    void aDifferenceExitsWithOneAndIsPrinted() throws IOException {
        CaptureFiles.setCell(Path.of(capture, "probe.csv"), 3, "qemu_pa", "0x446250d0");
        assertThat(run("replay", capture)).isEqualTo(1);
        assertThat(out.toString())
                .contains("DIFFERENCE probe.csv line 3: stream 0x29 READ 0xffff20d8: address is 0x446250d8, expected"
                        + " 0x446250d0")
                .contains("DIFFER:");
    }

    @Test
    void replayAnswersInJsonWithTheAgreedKeysInOrder() {
        assertThat(run("replay", capture, "--json")).isZero();
        JsonObject answer = json();
        assertThat(answer.keySet())
                .startsWith("rows", "agree", "skipped", "scenario")
                .contains("translations", "probes", "unmapped", "events", "deviations", "differences");
        assertThat(answer.get("rows").getAsInt()).isEqualTo(1025);
        assertThat(answer.get("agree").getAsInt()).isEqualTo(944);
        assertThat(answer.getAsJsonObject("skipped")
                        .get("the reference logged nothing")
                        .getAsInt())
                .isEqualTo(81);
        assertThat(answer.getAsJsonObject("translations").keySet()).startsWith("rows", "agree", "skipped");
        JsonObject deviation = answer.getAsJsonArray("deviations").get(0).getAsJsonObject();
        assertThat(deviation.keySet()).containsExactly("name", "section", "rows");
        assertThat(answer.getAsJsonArray("differences")).isEmpty();
    }

    @Test
    void differencesAreListedInJson() throws IOException {
        CaptureFiles.setCell(Path.of(capture, "probe.csv"), 3, "qemu_pa", "0x446250d0");
        assertThat(run("replay", "--json", capture)).isEqualTo(1);
        JsonObject difference = json().getAsJsonArray("differences").get(0).getAsJsonObject();
        assertThat(difference.get("file").getAsString()).isEqualTo("probe.csv");
        assertThat(difference.get("line").getAsInt()).isEqualTo(3);
        assertThat(json().get("agree").getAsInt()).isEqualTo(943);
    }

    @Test
    void damagedInputIsOneLineAndExitsWithTwo() throws IOException {
        CaptureFiles.setCell(Path.of(capture, "events.csv"), 9, "sid", "xyz");
        assertRefused("events.csv line 9: column sid", "replay", capture);
    }

    @Test
    void aDirectoryThatIsNoCaptureExitsWithTwo() throws IOException {
        Path empty = Files.createDirectory(temporary.resolve("empty"));
        assertRefused("regs.csv is missing in empty", "replay", empty.toString());
        assertRefused("regs.csv is missing in empty", "inspect", empty.toString());
        assertRefused("regs.csv is missing in empty", "explain", empty.toString(), "--sid", "1", "--iova", "0");
    }

    @Test
    void hardwareWithoutADriverExitsWithTwo() throws IOException {
        Path amd = Files.createDirectory(temporary.resolve("amdvi-77"));
        Files.writeString(amd.resolve("regs.csv"), "name,offset,bytes,value\nDEVTAB,0x0,8,0x11bc001\n");
        assertRefused("no driver for amdvi yet", "replay", amd.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--nonsense",
                "replay",
                "replay DIR --nonsense",
                "replay DIR DIR",
                "frobnicate",
                "explain DIR",
                "explain DIR --sid 1",
                "explain DIR --sid 0x1g --iova 0",
                "explain DIR --sid 4294967296 --iova 0",
                "explain DIR --sid +1 --iova 0",
                "explain DIR --sid 0x --iova 0",
                "explain DIR --sid 1 --iova 0x10000000000000000",
                "explain DIR --sid 1 --iova 0 --ssid 0x100000",
                "explain DIR --sid 1 --iova 0 --access Q"
            })
    void whatCannotBeParsedIsAnsweredWithUsageAndTwo(String line) {
        assertThat(run(line.replace("DIR", capture).split(" "))).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .startsWith("iommu: ")
                .contains("Usage: iommu")
                .doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "demo --help", "replay --help", "explain --help", "inspect --help", "--version"})
    void helpAndVersionExitWithZero(String line) {
        assertThat(run(line.split(" "))).isZero();
        assertThat(out.toString()).isNotBlank();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theVersionIsTheBuilds() {
        run("--version");
        assertThat(out.toString()).matches("iommu4j \\d+\\.\\d+.*\\R");
    }

    @Test
    void explainPrintsEveryReadAndTheAnswer() {
        assertThat(run("explain", capture, "--sid", "0x29", "--iova", "0xffff20d8"))
                .isZero();
        assertThat(out.toString()).contains("STE").contains("S2 L3").contains("0x446250d8");
    }

    @Test
    void explainTakesDecimalNumbersAndEveryAccess() {
        for (String access : new String[] {"R", "W", "X", "r"}) {
            assertThat(run("explain", capture, "--sid", "41", "--iova", "4294910168", "--access", access))
                    .isZero();
        }
        assertThat(out.toString()).contains("stream 0x29");
    }

    @Test
    void aFaultIsAnAnswer() {
        assertThat(run("explain", capture, "--sid", "0x21", "--iova", "0xffb77cb8", "--json"))
                .isZero();
        JsonObject answer = json();
        assertThat(answer.keySet()).startsWith("rows", "agree", "skipped");
        assertThat(answer.get("rows").getAsInt())
                .isEqualTo(answer.getAsJsonArray("fetches").size())
                .isPositive();
        assertThat(answer.getAsJsonObject("result").get("name").getAsString()).isEqualTo("F_PERMISSION");
        assertThat(answer.getAsJsonArray("event")).hasSize(4);
    }

    @Test
    void explainTakesASubstreamAndPrivilege() {
        assertThat(run("explain", capture, "--sid", "0x21", "--iova", "0", "--ssid", "5", "--privileged", "--json"))
                .isZero();
        assertThat(json().getAsJsonObject("result").get("name").getAsString()).isEqualTo("C_BAD_SUBSTREAMID");
        assertThat(json().getAsJsonObject("request").get("privilege").getAsString())
                .isEqualTo("PRIVILEGED");
    }

    @Test
    void inspectListsStreamsAndRanges() {
        assertThat(run("inspect", capture)).isZero();
        assertThat(out.toString())
                .contains("stream 0x20: stage 2")
                .contains("S2VMID=")
                .contains("aborted silently: 0x0-");
    }

    @Test
    void inspectAnswersInJson() {
        assertThat(run("inspect", capture, "--json")).isZero();
        JsonObject answer = json();
        assertThat(answer.keySet()).containsExactly("rows", "agree", "skipped", "scenario", "streams");
        assertThat(answer.get("rows").getAsInt())
                .isEqualTo(answer.getAsJsonArray("streams").size())
                .isEqualTo(256);
    }

    private int run(String... arguments) {
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments);
    }

    private JsonObject json() {
        return JsonParser.parseString(out.toString()).getAsJsonObject();
    }

    private void assertRefused(String message, String... arguments) {
        err.getBuffer().setLength(0);
        assertThat(run(arguments)).isEqualTo(2);
        assertThat(err.toString()).contains(message).doesNotContain("\tat ");
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(out.toString()).isEmpty();
    }
}
