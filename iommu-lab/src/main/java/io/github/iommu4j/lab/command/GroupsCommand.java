package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.kernel.GroupsCheck;
import io.github.iommu4j.lab.oracle.TopologyFile;
import io.github.iommu4j.lab.report.KernelReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu groups}. */
@Command(
        name = "groups",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Forms the groups of recorded machines and compares them with those real kernels formed.")
final class GroupsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the machines: topology.json")
    private Path file;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    GroupsCommand() {}

    @Override
    public Integer call() throws CaptureException {
        GroupsCheck.Outcome outcome = GroupsCheck.run(TopologyFile.read(file));
        spec.commandLine().getOut().print(json ? KernelReport.json(outcome) : KernelReport.text(outcome));
        return outcome.comparison().agrees() ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }
}
