package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.inspect.Inspector;
import io.github.iommu4j.lab.report.InspectionReport;
import io.github.iommu4j.lab.view.StreamView;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu inspect}. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Lists the streams of a capture, how they are configured and what they map.")
final class InspectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "the capture")
    private Path directory;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    InspectCommand() {}

    @Override
    public Integer call() throws CaptureException {
        Capture capture = CaptureReader.readMachine(CaptureSource.directory(directory));
        List<StreamView> streams = Inspector.inspect(capture);
        spec.commandLine()
                .getOut()
                .print(
                        json
                                ? InspectionReport.json(capture.name(), streams)
                                : InspectionReport.text(capture.name(), streams));
        return ExitCode.AGREEMENT;
    }
}
