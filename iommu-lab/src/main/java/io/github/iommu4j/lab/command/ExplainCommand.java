package io.github.iommu4j.lab.command;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.replay.Replay;
import io.github.iommu4j.lab.report.ExplanationReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu explain}. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Lists every read behind one translation. A fault is an answer too.")
final class ExplainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "the capture")
    private Path directory;

    @Option(
            names = "--sid",
            required = true,
            paramLabel = "S",
            converter = Numbers.StreamId.class,
            description = "StreamID or source-id, 0x... or decimal")
    private Integer streamId;

    @Option(
            names = "--iova",
            required = true,
            paramLabel = "A",
            converter = Numbers.Address.class,
            description = "input address, 0x... or decimal")
    private Long iova;

    @Option(
            names = "--ssid",
            paramLabel = "P",
            converter = Numbers.SubstreamId.class,
            description = "SubstreamID or PASID, 0x... or decimal; none when not given")
    private @Nullable Integer substreamId;

    @Option(names = "--access", paramLabel = "R|W|X", defaultValue = "R", description = "read, write or execute")
    private Direction access;

    @Option(names = "--privileged", description = "the access is privileged")
    private boolean privileged;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    ExplainCommand() {}

    /** What an access does, by the letters a user types. */
    enum Direction {
        R(Access.READ),
        W(Access.WRITE),
        X(Access.EXECUTE);

        private final Access access;

        Direction(Access access) {
            this.access = access;
        }
    }

    @Override
    public Integer call() throws CaptureException {
        Capture capture = CaptureReader.readMachine(CaptureSource.directory(directory));
        Explanation explanation =
                Replay.machine(capture, CapturedMachine.Caching.OFF).explain(request());
        spec.commandLine()
                .getOut()
                .print(json ? ExplanationReport.json(capture.name(), explanation) : explanation.toText());
        return ExitCode.AGREEMENT;
    }

    private DmaRequest request() {
        DmaRequest request = DmaRequest.of(streamId, iova, access.access);
        if (substreamId != null) {
            request = request.withSubstream(substreamId);
        }
        return privileged ? request.privileged() : request;
    }
}
