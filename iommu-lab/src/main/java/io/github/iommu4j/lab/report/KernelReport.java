package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.check.Mismatch;
import io.github.iommu4j.lab.kernel.GroupsCheck;
import io.github.iommu4j.lab.oracle.ExpectedGroup;
import java.util.Locale;
import java.util.Map;

/** The answers of {@code iommu groups} and {@code iommu kernel}. */
public final class KernelReport {

    private static final int DIFFERENCES_SHOWN = 20;

    private KernelReport() {}

    /**
     * The groups, for people.
     *
     * @param outcome what the comparison found
     * @return lines, each ended by a line feed
     */
    public static String text(GroupsCheck.Outcome outcome) {
        StringBuilder text = new StringBuilder(1 << 16);
        outcome.groups().forEach((machine, groups) -> {
            line(text, "%s: %d groups", machine, groups.size());
            groups.forEach((number, group) -> line(
                    text,
                    "  %3d %-8s %s; %s",
                    number,
                    group.type(),
                    String.join(" ", group.devices()),
                    String.join(", ", group.reservedRegions())));
        });
        return text + summary(outcome.comparison());
    }

    /**
     * A replay, for people.
     *
     * @param result what the comparison found
     * @return lines, each ended by a line feed
     */
    public static String text(CheckResult result) {
        return parts(result) + summary(result);
    }

    /** One line for each machine or file. */
    static String parts(CheckResult result) {
        StringBuilder text = new StringBuilder(1 << 12);
        result.parts()
                .forEach((name, part) ->
                        line(text, "  %-60s %5d of %5d agree", name, part.agree(), part.rows() - part.skipped()));
        return text.toString();
    }

    /** What was skipped, what differs, and the sum. */
    static String summary(CheckResult result) {
        StringBuilder text = new StringBuilder(1 << 12);
        result.skipped().forEach((reason, count) -> line(text, "  skipped %d: %s", count, reason));
        result.differences().stream().limit(DIFFERENCES_SHOWN).forEach(each -> line(text, "  DIFFERENCE %s", each));
        int more = result.differences().size() - DIFFERENCES_SHOWN;
        if (more > 0) {
            line(text, "  and %d differences more (--json lists all)", more);
        }
        int skipped =
                result.skipped().values().stream().mapToInt(Integer::intValue).sum();
        line(
                text,
                "%s: %d of %d usable rows agree",
                result.agrees() ? "AGREE" : "DIFFER",
                result.agree(),
                result.rows() - skipped);
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    /**
     * The groups, for machines.
     *
     * @param outcome what the comparison found
     * @return a JSON object
     */
    public static String json(GroupsCheck.Outcome outcome) {
        JsonObject answer = head(outcome.comparison());
        JsonObject machines = new JsonObject();
        outcome.groups().forEach((machine, groups) -> machines.add(machine, groups(groups)));
        answer.add("groups", machines);
        answer.add("differences", differences(outcome.comparison()));
        return JsonAnswer.print(answer);
    }

    /**
     * A replay, for machines.
     *
     * @param result what the comparison found
     * @return a JSON object
     */
    public static String json(CheckResult result) {
        JsonObject answer = head(result);
        answer.add("differences", differences(result));
        return JsonAnswer.print(answer);
    }

    /** An answer that begins with the sums and the parts. */
    static JsonObject head(CheckResult result) {
        JsonObject answer = JsonAnswer.of(result.rows(), result.agree(), result.skipped());
        JsonObject parts = new JsonObject();
        result.parts().forEach((name, part) -> {
            JsonObject object = new JsonObject();
            object.addProperty("rows", part.rows());
            object.addProperty("agree", part.agree());
            object.addProperty("skipped", part.skipped());
            parts.add(name, object);
        });
        answer.add("parts", parts);
        return answer;
    }

    private static JsonObject groups(Map<Integer, ExpectedGroup> groups) {
        JsonObject object = new JsonObject();
        groups.forEach((number, group) -> {
            JsonObject one = new JsonObject();
            one.addProperty("type", group.type());
            one.add("devices", texts(group.devices()));
            one.add("reserved_regions", texts(group.reservedRegions()));
            object.add(String.valueOf(number), one);
        });
        return object;
    }

    private static JsonArray texts(Iterable<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    /** Everything that differs. */
    static JsonArray differences(CheckResult result) {
        JsonArray differences = new JsonArray();
        for (Mismatch mismatch : result.differences()) {
            JsonObject object = new JsonObject();
            object.addProperty("file", mismatch.file());
            object.addProperty("row", mismatch.row());
            object.addProperty("operation", mismatch.operation());
            object.addProperty("what", mismatch.what());
            object.addProperty("expected", mismatch.expected());
            object.addProperty("actual", mismatch.actual());
            differences.add(object);
        }
        return differences;
    }
}
