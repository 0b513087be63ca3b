package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.museum.Exhibition;
import io.github.iommu4j.lab.museum.Visit;
import io.github.iommu4j.lab.report.ErrataReport;
import io.github.iommu4j.lab.report.LockDrawing;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iommu errata run}. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Shows one mistake as its checker finds it, or checks that each is found when on and only then.")
final class ErrataRunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "ID", description = "which one, as iommu errata lists it")
    private @Nullable String id;

    @Option(names = "--all", description = "every one, from both sides")
    private boolean all;

    @Option(names = "--fixed", description = "as it is without the mistake")
    private boolean fixed;

    @Option(names = "--dot", description = "the locks of the report as a graph in Graphviz's language")
    private boolean dot;

    @Option(names = "--svg", description = "the same as a picture, for a browser")
    private boolean svg;

    @Option(names = "--json", description = "answer in JSON")
    private boolean json;

    /** For the parser, which sets the fields. */
    @SuppressWarnings("NullAway.Init")
    ErrataRunCommand() {}

    @Override
    public Integer call() {
        if (all == (id != null)) {
            throw refusal("either an ID or --all says what to run");
        }
        if (all && (fixed || dot || svg)) {
            throw refusal("--all shows both sides: it goes with none of --fixed, --dot and --svg");
        }
        if (Stream.of(dot, svg, json).filter(Boolean::booleanValue).count() > 1) {
            throw refusal("--dot, --svg and --json exclude one another");
        }
        return all ? runAll(Exhibition.exhibits()) : runOne(chosen());
    }

    private Exhibit chosen() {
        String wanted = String.valueOf(id);
        return Exhibition.find(wanted)
                .orElseThrow(() -> refusal("there is no erratum \"" + wanted + "\"; iommu errata lists them"));
    }

    private ParameterException refusal(String rule) {
        return new ParameterException(spec.commandLine(), rule);
    }

    private int runAll(List<Exhibit> exhibits) {
        List<Visit> visits = Exhibition.visit(exhibits);
        print(json ? ErrataReport.json(visits) : ErrataReport.text(visits));
        return visits.stream().allMatch(Visit::agrees) ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }

    private int runOne(Exhibit exhibit) {
        if (json) {
            return runAll(List.of(exhibit));
        }
        Condition condition = fixed ? Condition.MENDED : Condition.AS_IT_WAS;
        Sighting sighting = exhibit.show(condition);
        if ((dot || svg) && sighting.reports().isEmpty()) {
            throw refusal("there is no graph: " + exhibit.id() + (fixed ? ", mended," : "")
                    + " has no report about an order of locks");
        }
        print(shown(exhibit, condition, sighting));
        boolean expected = fixed == sighting.findings().isEmpty();
        return expected ? ExitCode.AGREEMENT : ExitCode.DIFFERENCE;
    }

    private String shown(Exhibit exhibit, Condition condition, Sighting sighting) {
        if (svg) {
            return LockDrawing.svg(sighting.reports().get(0));
        }
        return dot ? sighting.graph() : ErrataReport.text(exhibit, condition, sighting);
    }

    private void print(String text) {
        spec.commandLine().getOut().print(text);
    }
}
