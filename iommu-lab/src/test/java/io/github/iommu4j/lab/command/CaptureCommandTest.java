package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureCommandTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments);
    }

    @Test
    void aCaptureOfAWorkloadIsReplayedAndCapturedAgain() {
        String first = directory.resolve("first").toString();
        String second = directory.resolve("second").toString();

        assertThat(run("capture", first, "--machine", "vtd-second-stage", "--operations", "40", "--seed", "5"))
                .isZero();
        assertThat(out.toString()).contains("translations").contains("pages");
        assertThat(run("replay", first)).isZero();
        assertThat(run("capture", second, "--of", first)).isZero();
        assertThat(run("replay", second)).isZero();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void whatIsWrongIsToldInOneLine() {
        assertThat(run("capture", directory.resolve("x").toString(), "--machine", "abacus"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("'abacus' is no machine: vtd-legacy");
        assertThat(run("capture", directory.resolve("x").toString(), "--operations", "100001"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("at most 100000");
        assertThat(run("capture", directory.resolve("x").toString(), "--of", "nowhere"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("nowhere does not exist");
        assertThat(directory.resolve("x")).doesNotExist();
    }
}
