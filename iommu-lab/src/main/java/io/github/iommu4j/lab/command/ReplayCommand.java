package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.replay.Replay;
import io.github.iommu4j.lab.report.ReplayReport;
import io.github.iommu4j.lab.verdict.ReplayResult;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Restores the machine of a capture, translates what the reference machine translated, and compares"
                        + " answers and event records.")
final class ReplayCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "the capture: a directory with regs.csv, pages.csv, ...")
    private Path directory;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    ReplayCommand() {}

    @Override
    public Integer call() throws CaptureException {
        ReplayResult result = Replay.run(CaptureReader.read(CaptureSource.directory(directory)));
        spec.commandLine().getOut().print(json ? ReplayReport.json(result) : ReplayReport.text(result));
        return result.agrees() ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }
}
