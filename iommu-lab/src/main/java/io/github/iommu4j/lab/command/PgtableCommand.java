package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.pgtable.PgtableReplay;
import io.github.iommu4j.lab.pgtable.PgtableReplay.Standard;
import io.github.iommu4j.lab.pgtable.PgtableResult;
import io.github.iommu4j.lab.report.PgtableReport;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu pgtable}. */
@Command(
        name = "pgtable",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Makes the calls that were made on a real kernel's page tables on ours, and compares answers,"
                + " invalidations, allocations, cache maintenance, and every descriptor.")
final class PgtableCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "sequences of calls: *.jsonl or *.jsonl.gz")
    private List<Path> files;

    @Option(
            names = "--as-reference",
            description = "switch the known defects of the real kernel on in ours, and expect them")
    private boolean asReference;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    PgtableCommand() {}

    @Override
    public Integer call() throws CaptureException {
        PgtableResult result = PgtableReplay.run(files, asReference ? Standard.REFERENCE : Standard.RIGHT);
        spec.commandLine().getOut().print(json ? PgtableReport.json(result) : PgtableReport.text(result));
        return result.comparison().agrees() ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }
}
