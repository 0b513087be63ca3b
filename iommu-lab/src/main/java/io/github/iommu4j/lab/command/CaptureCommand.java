package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.CaptureReader;
import io.github.iommu4j.lab.capture.CaptureSource;
import io.github.iommu4j.lab.capture.CaptureWriter;
import io.github.iommu4j.lab.recording.ModelKind;
import io.github.iommu4j.lab.recording.Recapture;
import io.github.iommu4j.lab.recording.Recording;
import io.github.iommu4j.lab.recording.Workload;
import io.github.iommu4j.lab.recording.WorkloadMachine;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code iommu capture}. */
@Command(
        name = "capture",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Runs a random workload on a machine with a driver and its IOMMU, or restores the machine of another"
                        + " capture, and writes a capture of it, which replay, inspect and explain read.")
final class CaptureCommand implements Callable<Integer> {

    private static final int MOST_OPERATIONS = 100_000;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "where to: a directory that is empty or not there")
    private Path directory;

    @Option(
            names = "--machine",
            paramLabel = "KIND",
            converter = Kind.class,
            completionCandidates = Kinds.class,
            description = "the machine: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} when not given",
            defaultValue = "vtd-legacy")
    private ModelKind kind;

    @Option(names = "--of", paramLabel = "CAPTURE", description = "restore the machine of this capture instead")
    private @Nullable Path other;

    @Option(
            names = "--operations",
            paramLabel = "N",
            converter = Numbers.Row.class,
            description = "how many mappings and unmappings; ${DEFAULT-VALUE} when not given",
            defaultValue = "200")
    private int operations;

    @Option(
            names = "--seed",
            paramLabel = "N",
            converter = Numbers.Address.class,
            description = "of the random numbers; ${DEFAULT-VALUE} when not given",
            defaultValue = "1")
    private long seed;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    CaptureCommand() {}

    /** A machine by its name. */
    static final class Kind implements ITypeConverter<ModelKind> {
        @Override
        public ModelKind convert(String text) {
            return Arrays.stream(ModelKind.values())
                    .filter(each -> each.label().equals(text.toLowerCase(Locale.ROOT)))
                    .findAny()
                    .orElseThrow(() -> new TypeConversionException(
                            "'" + text + "' is no machine: " + String.join(", ", new Kinds())));
        }
    }

    /** The names. */
    static final class Kinds implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(ModelKind.values()).map(ModelKind::label).iterator();
        }
    }

    @Override
    public Integer call() throws CaptureException {
        if (operations > MOST_OPERATIONS) {
            throw new CaptureException("--operations " + operations + ": at most " + MOST_OPERATIONS);
        }
        Capture capture =
                other == null ? ofWorkload() : Recapture.of(CaptureReader.read(CaptureSource.directory(other)));
        CaptureWriter.write(capture, directory);
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%s: %d translations, %d probes, %d unmapped, %d events, %d pages%n",
                        directory,
                        capture.translations().size(),
                        capture.probes().size(),
                        capture.unmapped().size(),
                        capture.events().size() + capture.faults().size(),
                        capture.image().pages().size());
        return ExitCode.AGREEMENT;
    }

    private Capture ofWorkload() throws CaptureException {
        WorkloadMachine machine = WorkloadMachine.of(kind);
        return Recording.of(machine.model(), Workload.run(machine, operations, seed));
    }
}
