package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.museum.Exhibition;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ErrataCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments);
    }

    @Test
    void errataAreListed() {
        assertThat(run("errata")).isZero();
        assertThat(out.toString())
                .contains("vfio-2015-device-lock-cycle")
                .contains("probe-without-lock")
                .contains(Exhibition.exhibits().size() + " errata");
        out.getBuffer().setLength(0);
        assertThat(run("errata", "--json")).isZero();
        JsonObject answer = JsonParser.parseString(out.toString()).getAsJsonObject();
        assertThat(answer.get("rows").getAsInt())
                .isEqualTo(Exhibition.exhibits().size());
    }

    @Test
    void oneIsShownWithItsReportAndWhatMendedIt() {
        assertThat(run("errata", "run", "vfio-2015-device-lock-cycle")).isZero();
        assertThat(out.toString())
                .contains("possible circular locking dependency detected")
                .contains("-> #2 (pci_bus_sem)")
                .contains("What mended it: the device is found and referenced under device_lock");
    }

    @Test
    void aRaceIsShownWithItsInterleaving() {
        assertThat(run("errata", "run", "vtd-2021-pasid-slot-race")).isZero();
        assertThat(out.toString())
                .contains("step  a: fills")
                .contains("store64 0x1000")
                .contains("replay: ");
    }

    @Test
    void mendedNothingIsFound() {
        assertThat(run("errata", "run", "vfio-2015-device-lock-cycle", "--fixed"))
                .isZero();
        assertThat(out.toString()).contains(", mended").contains("Nothing is found.");
    }

    @Test
    void theLocksOfAReportAreAGraph() {
        assertThat(run("errata", "run", "vfio-2015-device-lock-cycle", "--dot")).isZero();
        assertThat(out.toString())
                .startsWith("digraph locks {")
                .contains("\"pci_bus_sem\" -> \"&group->device_lock\" [color=red];")
                .contains("\"&group->device_lock\" -> \"driver_lock\";");
    }

    @Test
    void theLocksOfAReportAreAPicture() {
        assertThat(run("errata", "run", "vfio-2015-device-lock-cycle", "--svg")).isZero();
        assertThat(out.toString())
                .startsWith("<svg xmlns=")
                .contains(">pci_bus_sem</text>", ">possible circular locking dependency detected</text>")
                .endsWith("</svg>\n");
    }

    @Test
    void everyErratumIsFoundWhenOnAndOnlyThen() {
        assertThat(run("errata", "run", "--all", "--json")).isZero();
        JsonObject answer = JsonParser.parseString(out.toString()).getAsJsonObject();
        assertThat(answer.get("agree").getAsInt()).isEqualTo(answer.get("rows").getAsInt());
        assertThat(answer.getAsJsonObject("skipped").size()).isZero();
        for (JsonElement each : answer.getAsJsonArray("errata")) {
            JsonObject one = each.getAsJsonObject();
            assertThat(one.get("foundWhenOn").getAsBoolean()).as("%s", one).isTrue();
            assertThat(one.get("silentWhenOff").getAsBoolean()).as("%s", one).isTrue();
            assertThat(one.get("schedules").getAsLong()).as("%s", one).isPositive();
            assertThat(one.has("millis")).isTrue();
        }
        out.getBuffer().setLength(0);
        assertThat(run("errata", "run", "--all")).isZero();
        assertThat(out.toString()).contains("AGREE: ");
    }

    @Test
    void badInputIsRefusedInOneLine() {
        String[][] calls = {
            {"errata", "run"},
            {"errata", "run", "nothing"},
            {"errata", "run", "--all", "vfio-2015-device-lock-cycle"},
            {"errata", "run", "--all", "--fixed"},
            {"errata", "run", "vfio-2015-device-lock-cycle", "--dot", "--json"},
            {"errata", "run", "vtd-2021-pasid-slot-race", "--dot"},
            {"errata", "run", "vtd-2021-pasid-slot-race", "--svg"},
            {"errata", "run", "vfio-2015-device-lock-cycle", "--svg", "--fixed"},
            {"errata", "run", "vfio-2015-device-lock-cycle", "--svg", "--dot"},
            {"errata", "run", "vfio-2015-device-lock-cycle", "--svg", "--json"},
            {"errata", "run", "--all", "--svg"}
        };
        for (String[] call : calls) {
            err.getBuffer().setLength(0);
            assertThat(run(call)).as(String.join(" ", call)).isEqualTo(ExitCode.BAD_INPUT);
            assertThat(err.toString()).startsWith("iommu: ");
        }
    }
}
