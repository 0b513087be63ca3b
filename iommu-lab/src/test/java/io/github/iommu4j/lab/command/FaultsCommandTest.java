package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code iommu faults}. */
class FaultsCommandTest {

    private record Run(int exit, String out, String err) {}

    private static Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = new CommandLine(new FaultsCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Run(exit, out.toString(), err.toString());
    }

    @Test
    void aFaultIsFollowedAllTheWayRoundOnEachDriver() {
        Run run = run();
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .contains("smmuv3, stall", "smmuv3, PRI", "vtd, PRI", "page_grp_resp_dsc ", "PRQ ")
                .contains("EVENTQ ", "PRIQ ", "CMD_RESUME ", "CMD_PRI_RESP ")
                .containsSubsequence(
                        "device    writes 8 bytes to 0x12345010",
                        "queue     EVENTQ",
                        "kernel    iommu_report_device_fault: PAGE_REQ",
                        "handler   maps 0x12345000 to 0x80001000",
                        "response  CMD_RESUME",
                        "device    tries again; memory at 0x80001010 is 0807060504030201",
                        "as expected")
                .doesNotContain("NOT");
    }

    @Test
    void bothTranslationsAreExplained() {
        Run run = run("--explain");
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .containsSubsequence(
                        "smmuv3, stall",
                        "unit      stream 0x110 WRITE 0x12345010",
                        "=> Stalled(F_TRANSLATION",
                        "response  CMD_RESUME",
                        "=> Ok(pa=0x80001010, size=2^12, rw",
                        "smmuv3, PRI",
                        "=> Ok(pa=0x10, size=2^12, ---",
                        "=> Ok(pa=0x80001010, size=2^12, rw",
                        "vtd, PRI",
                        "=> Ok(pa=0x10, size=2^12, ---",
                        "=> Ok(pa=0x80001010, size=2^12, rw");
    }

    @ParameterizedTest
    @ValueSource(strings = {"V6_1", "V7_2"})
    void otherReleasesGoRound(String release) {
        Run run = run("--release", release);
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"REFUSE", "CLEAN", "BLOCK", "TIME_OUT"})
    void aHandlerIsUnregisteredByEachPolicy(String policy) {
        Run run = run("--policy", policy);
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("unregister: " + policy, "1 request pending", "unregister: 0");
    }

    @Test
    void aFloodIsHeldWithinItsShare() {
        Run run = run("--flood", "60", "--json");
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        JsonObject flood = JsonParser.parseString(run.out()).getAsJsonObject();
        assertThat(flood.get("asked").getAsInt()).isEqualTo(60);
        assertThat(flood.get("heldAtMost").getAsInt())
                .isEqualTo(flood.get("capacity").getAsInt());
        assertThat(flood.get("heldAfterRemoval").getAsInt()).isZero();
        assertThat(run("--flood", "60").out()).contains("60 accesses asked for a page nobody brings");
    }

    @Test
    void aFloodOfNothingIsRefused() {
        Run run = run("--flood", "0");
        assertThat(run.exit()).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(run.err()).contains("less than 1");
    }

    @Test
    void programsGetTheSteps() {
        JsonArray plays = JsonParser.parseString(run("--json").out()).getAsJsonArray();
        assertThat(plays).hasSize(3);
        JsonObject first = plays.get(0).getAsJsonObject();
        assertThat(first.get("title").getAsString()).isEqualTo("smmuv3, stall");
        assertThat(first.get("asExpected").getAsBoolean()).isTrue();
        assertThat(first.getAsJsonArray("steps")
                        .get(1)
                        .getAsJsonObject()
                        .get("place")
                        .getAsString())
                .isEqualTo("device");
    }
}
