package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.pgtable.TableWalk;
import io.github.iommu4j.lab.pgtable.TableWalks;
import io.github.iommu4j.lab.report.WalkReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu walk-table}. */
@Command(
        name = "walk-table",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Plays a sequence of page-table calls and lists every descriptor that translating an address in"
                + " its table reads. No translation is an answer too.")
final class WalkTableCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "sequences of calls: *.jsonl or *.jsonl.gz")
    private Path file;

    @Option(names = "--seq", required = true, paramLabel = "NAME", description = "the sequence")
    private String sequence;

    @Option(
            names = "--op",
            paramLabel = "N",
            converter = Numbers.Row.class,
            description = "the last row to play; all before the end when not given")
    private @Nullable Integer row;

    @Option(
            names = "--iova",
            required = true,
            paramLabel = "A",
            converter = Numbers.Address.class,
            description = "input address, 0x... or decimal")
    private Long iova;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    WalkTableCommand() {}

    @Override
    public Integer call() throws CaptureException {
        TableWalk walk = TableWalks.walk(new TableWalks.Moment(file, sequence, row), iova);
        spec.commandLine().getOut().print(json ? WalkReport.json(sequence, walk) : WalkReport.text(sequence, walk));
        return ExitCode.AGREEMENT;
    }
}
