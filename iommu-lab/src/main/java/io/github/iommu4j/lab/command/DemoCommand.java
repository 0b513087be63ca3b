package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.replay.Replay;
import io.github.iommu4j.lab.replay.Speedometer;
import io.github.iommu4j.lab.report.ReplayReport;
import io.github.iommu4j.lab.verdict.ReplayResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iommu demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Replays the capture that comes with the program.")
final class DemoCommand implements Callable<Integer> {

    private static final String INTRODUCTION = """
            An SMMUv3 as a Linux guest left it: its registers and tables, translated again by this model.

            """;

    private static final String NEXT = """

            Next: iommu replay DIR      compare with another capture
                  iommu inspect DIR     list its streams and what they map
                  iommu explain DIR --sid 0x20 --iova 0x1000    every read behind one answer
                  iommu COMMAND --help  all options
            """;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    DemoCommand() {}

    @Override
    public Integer call() throws CaptureException {
        Capture capture = CaptureReader.read(CaptureSource.shipped());
        ReplayResult result = Replay.run(capture);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.print(ReplayReport.json(result));
        } else {
            out.print(INTRODUCTION);
            out.print(ReplayReport.text(result));
            out.printf(
                    Locale.ROOT,
                    "Warm, on one thread: %,d translations/s%n",
                    Speedometer.measure(capture).perSecond());
            out.print(NEXT);
        }
        return result.agrees() ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }
}
