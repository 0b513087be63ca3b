package io.github.iommu4j.lab.command;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.lab.faults.FaultShow;
import io.github.iommu4j.lab.report.FaultReport;
import io.github.iommu4j.lab.report.FaultReport.Detail;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code iommu faults}. */
@Command(
        name = "faults",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Follows a page fault from the device through queues in memory to the kernel, a handler, and back.")
final class FaultsCommand implements Callable<Integer> {

    /** At most one of them. */
    static final class Special {
        @Option(
                names = "--policy",
                description = "unregister the handler of Linux 6.1 while its device waits: ${COMPLETION-CANDIDATES}")
        private UnregisterPolicy.@Nullable Kind policy;

        @Option(names = "--flood", paramLabel = "N", description = "have a device ask for N pages nobody brings")
        private @Nullable Integer flood;
    }

    @Spec
    private CommandSpec spec;

    @ArgGroup
    private @Nullable Special special;

    @Option(
            names = "--release",
            description = "the kernel: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless given",
            defaultValue = "V6_12")
    private KernelRelease release;

    @Option(names = "--explain", description = "show what the unit reads for the access, before and after")
    private boolean explain;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    FaultsCommand() {}

    @Override
    public Integer call() {
        Integer flood = special == null ? null : special.flood;
        if (flood != null) {
            return flood(flood);
        }
        UnregisterPolicy.Kind policy = special == null ? null : special.policy;
        List<FaultShow.Play> plays = policy == null ? FaultShow.roundTrips(release) : List.of(FaultShow.policy(policy));
        print(json ? FaultReport.json(plays) : FaultReport.text(plays, explain ? Detail.EXPLAINED : Detail.STEPS));
        boolean expected = plays.stream().allMatch(play -> play.verdict() == FaultShow.Verdict.AS_EXPECTED);
        return expected ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }

    private int flood(int count) {
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--flood " + count + " is less than 1");
        }
        FaultShow.FloodPlay flood = FaultShow.flood(release, count);
        print(json ? FaultReport.json(flood) : FaultReport.text(flood));
        return flood.verdict() == FaultShow.Verdict.AS_EXPECTED ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }

    private void print(String text) {
        spec.commandLine().getOut().print(text);
    }
}
