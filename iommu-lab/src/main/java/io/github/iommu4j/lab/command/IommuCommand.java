package io.github.iommu4j.lab.command;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code iommu}: without a command, the demonstration. */
@Command(
        name = "iommu",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs models of IOMMU hardware on captures of real software.",
        footer = {"", "Exit codes: 0 agreement, 1 a difference, 2 bad input."},
        subcommands = {
            DemoCommand.class,
            ReplayCommand.class,
            CaptureCommand.class,
            ExplainCommand.class,
            InspectCommand.class,
            GroupsCommand.class,
            KernelCommand.class,
            PgtableCommand.class,
            WalkTableCommand.class,
            ErrataCommand.class
        })
final class IommuCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    /** For the parser, which sets {@link #spec}. */
    @SuppressWarnings("NullAway.Init")
    IommuCommand() {}

    @Override
    public Integer call() {
        CommandLine demo = spec.commandLine().getSubcommands().get("demo");
        return demo == null ? ExitCode.BAD_INPUT : demo.execute();
    }
}
