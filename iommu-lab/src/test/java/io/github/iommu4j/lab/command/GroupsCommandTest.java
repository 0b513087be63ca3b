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
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupsCommandTest {

    @TempDir
    private Path temporary;

    private Path machines = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void copy() throws IOException {
        OracleFiles.copy(temporary);
        machines = temporary.resolve("topology.json");
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "groups";
        arguments[1] = machines.toString();
        System.arraycopy(options, 0, arguments, 2, options.length);
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments);
    }

    private void edit(String before, String after) throws IOException {
        String text = Files.readString(machines);
        assertThat(text).contains(before);
        Files.writeString(machines, text.replaceFirst(Pattern.quote(before), after));
    }

    @Test
    void theGroupsOfRealKernelsAgree() {
        assertThat(run()).as(out.toString()).isZero();
        assertThat(out.toString())
                .contains("os1 k72: 15 groups", "o14-no-iommu k72: 0 groups")
                .contains(
                        "0000:00:1f.0 0000:00:1f.2 0000:00:1f.3; 0x0000000000000000 0x0000000000ffffff direct-relaxable")
                .contains("AGREE: ");
    }

    @Test
    void theAnswerInJsonHasTheAgreedKeysAndTheGroups() {
        assertThat(run("--json")).isZero();
        JsonObject answer = JsonParser.parseString(out.toString()).getAsJsonObject();
        assertThat(answer.keySet()).containsExactly("rows", "agree", "skipped", "parts", "groups", "differences");
        JsonObject group = answer.getAsJsonObject("groups")
                .getAsJsonObject("o13-passthrough k61")
                .getAsJsonObject("0");
        assertThat(group.get("type").getAsString()).isEqualTo("identity");
        assertThat(group.getAsJsonArray("devices")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"group\":13        | \"group\":12        | group: expected 12, is 13",
                "\"driver\":\"nvme\" | \"driver\":\"ahci\" | driver: expected ahci, is nvme",
                "\"type\":\"DMA-FQ\" | \"type\":\"DMA\"    | type: expected DMA, is DMA-FQ",
                "0x00000000feefffff  | 0x00000000feeffffe  | reserved regions",
                "\"7\":{\"type\"     | \"77\":{\"type\"    | group 77: existence",
            })
    void aChangedMachineIsADifference(String before, String after, String what) throws IOException {
        edit(before, after);
        assertThat(run()).isEqualTo(1);
        assertThat(out.toString()).contains("DIFFERENCE ", what, "DIFFER: ");
    }

    @Test
    void accessControlThatIsOffJoinsWhatIsBehind() throws IOException {
        edit("\"ctl_raw\":29", "\"ctl_raw\":0");
        assertThat(run()).isEqualTo(1);
        assertThat(out.toString()).contains("members");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"bdf\":\"0000:00:00.0\"  | \"bdf\":\"0:0.0\"      | should be a PCI address",
                "\"port_type_raw\":4      | \"port_type_raw\":3    | should be a PCI Express port type",
                "\"secondary\":1          | \"secondary\":256      | should be a bus number",
                "\"vendor\":\"0x8086\"    | \"vendor\":\"intel\"   | should be a hexadecimal number",
                "\"multifunction\":false  | \"multifunction\":0    | should be true or false",
                "\"cls\":                 | \"class\":             | cls is missing",
                "\"devices\":[            | \"devices\":7,\"x\":[  | should be an array",
                "\"iommu_device\":\"intel | \"iommu_device\":\"via | there is no model of the IOMMU",
                "\"group\":0              | \"group\":0.5          | should be a whole number",
                "\"group\":0              | \"group\":5000000000   | should be a number of 32 bits",
                "\"name\":\"o11           | \"name\":7,\"x\":\"o11 | should be a string",
            })
    void aMachineThatCannotBeReadIsOneLineAndExitCodeTwo(String before, String after, String reason)
            throws IOException {
        edit(before, after);
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains(reason).hasLineCount(1);
    }

    @Test
    void aFileThatIsNoTopologyIsExitCodeTwo() throws IOException {
        Files.writeString(machines, "{}");
        assertThat(run()).isEqualTo(2);
        Files.writeString(machines, "[");
        assertThat(run()).isEqualTo(2);
        Files.delete(machines);
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("should be an array", "is not JSON", "cannot be read");
    }
}
