package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.museum.Exhibition;
import io.github.iommu4j.lab.report.ErrataReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iommu errata}: without a command, the list. */
@Command(
        name = "errata",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Lists historical mistakes, and shows how each is found and what mended it.",
        subcommands = ErrataRunCommand.class)
final class ErrataCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    ErrataCommand() {}

    @Override
    public Integer call() {
        var exhibits = Exhibition.exhibits();
        spec.commandLine().getOut().print(json ? ErrataReport.listJson(exhibits) : ErrataReport.list(exhibits));
        return ExitCode.AGREEMENT;
    }
}
