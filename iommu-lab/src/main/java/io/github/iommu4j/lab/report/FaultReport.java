package io.github.iommu4j.lab.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.faults.FaultShow.FloodPlay;
import io.github.iommu4j.lab.faults.FaultShow.Play;
import io.github.iommu4j.lab.faults.FaultShow.Verdict;
import io.github.iommu4j.lab.faults.Timeline;
import java.util.List;
import java.util.Locale;

/** The answers of {@code iommu faults}. */
public final class FaultReport {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private FaultReport() {}

    /** How much is shown of a play. */
    public enum Detail {
        /** What happened. */
        STEPS,
        /** And what the unit reads for the access before and after. */
        EXPLAINED
    }

    /**
     * Plays, for people.
     *
     * @param plays what was played
     * @param detail whether what the unit reads is shown too
     * @return a paragraph for each, lines ended by a line feed
     */
    public static String text(List<Play> plays, Detail detail) {
        StringBuilder text = new StringBuilder(1 << 10);
        for (Play play : plays) {
            text.append(text.isEmpty() ? "" : "\n").append(play.title()).append('\n');
            play.steps().stream()
                    .filter(step -> detail == Detail.EXPLAINED || step.place() != Timeline.Place.UNIT)
                    .forEach(step -> text.append(line(step)));
            text.append(play.verdict() == Verdict.AS_EXPECTED ? "  as expected\n" : "  NOT as expected\n");
        }
        return text.toString();
    }

    private static String line(Timeline.Step step) {
        String place = step.place().name().toLowerCase(Locale.ROOT);
        return String.format(Locale.ROOT, "  %-9s %s%n", place, step.text().replace("\n", "\n            "));
    }

    /**
     * Plays, for programs.
     *
     * @param plays what was played
     * @return an array
     */
    public static String json(List<Play> plays) {
        JsonArray array = new JsonArray();
        for (Play play : plays) {
            JsonArray steps = new JsonArray();
            play.steps().forEach(step -> {
                JsonObject object = new JsonObject();
                object.addProperty("place", step.place().name().toLowerCase(Locale.ROOT));
                object.addProperty("text", step.text());
                steps.add(object);
            });
            JsonObject object = new JsonObject();
            object.addProperty("title", play.title());
            object.add("steps", steps);
            object.addProperty("asExpected", play.verdict() == Verdict.AS_EXPECTED);
            array.add(object);
        }
        return GSON.toJson(array) + "\n";
    }

    /**
     * A flood, for people.
     *
     * @param flood what came of it
     * @return lines, each ended by a line feed
     */
    public static String text(FloodPlay flood) {
        return String.format(
                Locale.ROOT,
                "%s, flood: %,d accesses asked for a page nobody brings%n"
                        + "  the core held at most %d of %d; it ended %,d accesses, %,d waited%n"
                        + "  the device was taken away; the core holds %d%n  %s%n",
                flood.title(),
                flood.asked(),
                flood.most(),
                flood.capacity(),
                flood.failed(),
                flood.left(),
                flood.held(),
                flood.verdict() == Verdict.AS_EXPECTED ? "as expected" : "NOT as expected");
    }

    /**
     * A flood, for programs.
     *
     * @param flood what came of it
     * @return an object
     */
    public static String json(FloodPlay flood) {
        JsonObject object = new JsonObject();
        object.addProperty("title", flood.title());
        object.addProperty("asked", flood.asked());
        object.addProperty("heldAtMost", flood.most());
        object.addProperty("capacity", flood.capacity());
        object.addProperty("ended", flood.failed());
        object.addProperty("waited", flood.left());
        object.addProperty("heldAfterRemoval", flood.held());
        object.addProperty("asExpected", flood.verdict() == Verdict.AS_EXPECTED);
        return GSON.toJson(object) + "\n";
    }
}
