package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.kernel.KernelReplay;
import io.github.iommu4j.lab.report.KernelReport;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu kernel}. */
@Command(
        name = "kernel",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Does what was done to a real kernel to ours, and compares every answer and every state.")
final class KernelCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "sequences: *.jsonl or *.jsonl.gz, with topology.json beside them or above")
    private List<Path> files;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    KernelCommand() {}

    @Override
    public Integer call() throws CaptureException {
        CheckResult result = KernelReplay.run(files);
        spec.commandLine().getOut().print(json ? KernelReport.json(result) : KernelReport.text(result));
        return result.agrees() ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }
}
