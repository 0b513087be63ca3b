package io.github.iommu4j.lab.kernel;

import com.google.gson.JsonElement;
import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.check.Mismatch;
import io.github.iommu4j.lab.oracle.JsonView;
import io.github.iommu4j.lab.oracle.SequenceRow;
import io.github.iommu4j.lab.oracle.Snapshot;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares what one operation led to with what the oracle saw. */
final class RowJudge {

    private static final String BLOCKED = "BLOCKED";
    private static final String NOT_DONE = "H:";

    private RowJudge() {}

    /** All differences of a row. */
    static List<Mismatch> judge(String file, SequenceRow row, Session.Step step) {
        Differences found = new Differences(file, row.index(), row.call());
        if (!row.result().startsWith(NOT_DONE)) {
            compareResult(row, step, found);
        }
        compareCompletions(row.completions(), step.late(), found);
        MessageRules.compare(row.messages(), step.messages(), found);
        compareSnapshots(row.snapshot(), step.snapshot(), found);
        return found.list();
    }

    private static void compareResult(SequenceRow row, Session.Step step, Differences found) {
        Session.Outcome outcome = step.outcome();
        found.compare("result", row.result(), outcome == null ? BLOCKED : resultOf(outcome));
        if (outcome != null && outcome.answer() != null && !row.result().equals(BLOCKED)) {
            compareOutputs("", row.outputs(), outcome.answer(), found);
        }
    }

    private static String resultOf(Session.Outcome outcome) {
        if (outcome.answer() != null) {
            return outcome.answer().result();
        }
        Throwable failure = outcome.failure();
        if (failure == null) {
            return "outside the model: " + outcome.outsideModel();
        }
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        return trace.toString().lines().limit(6).reduce("", (a, b) -> a + " " + b.trim());
    }

    private static void compareOutputs(
            String prefix, Map<String, JsonView> expected, Answer answer, Differences found) {
        Set<String> names = new TreeSet<>(expected.keySet());
        names.addAll(answer.outputs().keySet());
        for (String name : names) {
            JsonElement theirs = expected.containsKey(name) ? expected.get(name).element() : null;
            found.compare(prefix + name, theirs, answer.outputs().get(name));
        }
    }

    private static void compareCompletions(
            List<SequenceRow.Completion> expected, List<Session.Late> actual, Differences found) {
        Map<Integer, String> theirs = new TreeMap<>();
        expected.forEach(completion -> theirs.put(completion.row(), completion.result()));
        Map<Integer, String> ours = new TreeMap<>();
        actual.forEach(late -> ours.put(late.row(), resultOf(late.outcome())));
        found.compare("calls that returned", theirs, ours);
        for (SequenceRow.Completion completion : expected) {
            for (Session.Late late : actual) {
                if (late.row() == completion.row() && late.outcome().answer() != null) {
                    compareOutputs(
                            "row " + late.row() + " ",
                            completion.outputs(),
                            late.outcome().answer(),
                            found);
                }
            }
        }
    }

    /** A snapshot that the oracle could not read is no expectation. */
    static void compareSnapshots(@Nullable Snapshot expected, @Nullable Snapshot actual, Differences found) {
        if (expected == null) {
            return;
        }
        if (actual == null) {
            found.compare("snapshot", "a state", "reading the state blocks");
            return;
        }
        compareMaps("device", expected.devices(), actual.devices(), found);
        compareMaps("group", expected.groups(), actual.groups(), found);
        found.compare("/dev/vfio", expected.vfioNodes(), actual.vfioNodes());
        compareMaps("group file", expected.groupFiles(), actual.groupFiles(), found);
        found.compare("containers", expected.containers(), actual.containers());
        compareMaps("device file", expected.deviceFiles(), actual.deviceFiles(), found);
        found.compare("module references", expected.references(), actual.references());
        found.compare("locked KiB", expected.lockedKiB(), actual.lockedKiB());
    }

    private static <K, V> void compareMaps(String what, Map<K, V> expected, Map<K, V> actual, Differences found) {
        Map<K, V> all = new LinkedHashMap<>(expected);
        all.putAll(actual);
        for (K key : all.keySet()) {
            found.compare(what + " " + key, expected.get(key), actual.get(key));
        }
    }
}
