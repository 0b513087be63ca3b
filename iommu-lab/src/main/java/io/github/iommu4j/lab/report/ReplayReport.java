package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.verdict.Difference;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.lab.verdict.Tally;
import java.util.Locale;
import java.util.stream.Collectors;

/** The answer of {@code iommu replay}. */
public final class ReplayReport {

    private static final int DIFFERENCES_SHOWN = 20;

    private ReplayReport() {}

    /**
     * For people.
     *
     * @param result what the replay found
     * @return lines, each ended by a line feed
     */
    public static String text(ReplayResult result) {
        StringBuilder text = new StringBuilder(1024);
        Tally total = result.total();
        line(text, "%s: %d streams, %d lines", result.scenario(), result.streams(), total.rows());
        table(text, "translations", result.translations());
        table(text, "probes", result.probes());
        table(text, "unmapped", result.unmapped());
        table(text, "events", result.events());
        if (!result.faults().isEmpty()) {
            line(
                    text,
                    "  refusals given: %s",
                    result.faults().entrySet().stream()
                            .map(entry -> entry.getKey() + " " + entry.getValue())
                            .collect(Collectors.joining(", ")));
        }
        total.skipped().forEach((reason, count) -> line(text, "  skipped %d: %s", count, reason));
        result.deviations()
                .forEach((deviation, count) ->
                        line(text, "  reference departs from %s in %d: %s", deviation.section(), count, deviation));
        differences(text, result);
        line(
                text,
                "  speed: %,d translations/s, from a cold start",
                result.speed().perSecond());
        line(
                text,
                "%s: %d of %d usable lines agree",
                result.agrees() ? "AGREE" : "DIFFER",
                total.agree(),
                total.rows() - total.skippedRows());
        return text.toString();
    }

    private static void table(StringBuilder text, String name, Tally tally) {
        line(
                text,
                "  %-13s %5d of %5d agree%s",
                name,
                tally.agree(),
                tally.rows() - tally.skippedRows(),
                tally.skippedRows() == 0 ? "" : ", " + tally.skippedRows() + " skipped");
    }

    private static void differences(StringBuilder text, ReplayResult result) {
        result.differences().stream().limit(DIFFERENCES_SHOWN).forEach(each -> line(text, "  DIFFERENCE %s", each));
        int more = result.differences().size() - DIFFERENCES_SHOWN;
        if (more > 0) {
            line(text, "  and %d differences more (--json lists all)", more);
        }
    }

    private static void line(StringBuilder text, String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    /**
     * For machines.
     *
     * @param result what the replay found
     * @return a JSON object
     */
    public static String json(ReplayResult result) {
        Tally total = result.total();
        JsonObject answer = JsonAnswer.of(total.rows(), total.agree(), total.skipped());
        answer.addProperty("scenario", result.scenario());
        answer.addProperty("streams", result.streams());
        answer.add("translations", tally(result.translations()));
        answer.add("probes", tally(result.probes()));
        answer.add("unmapped", tally(result.unmapped()));
        answer.add("events", tally(result.events()));
        answer.add("faults", JsonAnswer.counts(result.faults()));
        answer.addProperty("translationsPerSecond", result.speed().perSecond());
        answer.add("deviations", deviations(result));
        JsonArray differences = new JsonArray();
        result.differences().forEach(each -> differences.add(difference(each)));
        answer.add("differences", differences);
        return JsonAnswer.print(answer);
    }

    private static JsonObject tally(Tally tally) {
        return JsonAnswer.of(tally.rows(), tally.agree(), tally.skipped());
    }

    private static JsonArray deviations(ReplayResult result) {
        JsonArray deviations = new JsonArray();
        result.deviations().forEach((deviation, rows) -> {
            JsonObject object = new JsonObject();
            object.addProperty("name", deviation.name());
            object.addProperty("section", deviation.section());
            object.addProperty("rows", rows);
            deviations.add(object);
        });
        return deviations;
    }

    private static JsonObject difference(Difference difference) {
        JsonObject object = new JsonObject();
        object.addProperty("file", difference.file());
        object.addProperty("line", difference.line());
        object.addProperty("access", difference.access());
        object.addProperty("what", difference.what());
        object.addProperty("expected", difference.expected());
        object.addProperty("actual", difference.actual());
        return object;
    }
}
