package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.museum.Visit;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The answers of {@code iommu errata}. */
public final class ErrataReport {

    private static final int WIDTH = 100;

    private ErrataReport() {}

    /**
     * The exhibits, for people.
     *
     * @param exhibits which
     * @return lines, each ended by a line feed
     */
    public static String list(List<Exhibit> exhibits) {
        StringBuilder text = new StringBuilder(1 << 12);
        exhibits.forEach(exhibit ->
                text.append(String.format(Locale.ROOT, "%-44s found by %s%n", exhibit.id(), exhibit.checker())));
        return text.append(exhibits.size())
                .append(" errata; iommu errata run ID shows one\n")
                .toString();
    }

    /**
     * The exhibits, for machines.
     *
     * @param exhibits which
     * @return a JSON object
     */
    public static String listJson(List<Exhibit> exhibits) {
        JsonObject answer = JsonAnswer.of(exhibits.size(), exhibits.size(), Map.of());
        JsonArray all = new JsonArray();
        for (Exhibit exhibit : exhibits) {
            JsonObject one = new JsonObject();
            one.addProperty("id", exhibit.id());
            one.addProperty("checker", exhibit.checker());
            one.addProperty("story", exhibit.story());
            one.addProperty("mended", exhibit.mended());
            all.add(one);
        }
        answer.add("errata", all);
        return JsonAnswer.print(answer);
    }

    /**
     * One side of an exhibit, as a reader would want it.
     *
     * @param exhibit which
     * @param condition which side
     * @param sighting what was seen
     * @return lines, each ended by a line feed
     */
    public static String text(Exhibit exhibit, Condition condition, Sighting sighting) {
        StringBuilder text = new StringBuilder(1 << 12);
        text.append(exhibit.id())
                .append(condition == Condition.MENDED ? ", mended" : "")
                .append("\n\n");
        wrap(text, exhibit.story());
        text.append('\n');
        wrap(
                text,
                "Checked by " + exhibit.checker() + "; " + sighting.schedules()
                        + (sighting.schedules() == 1 ? " run." : " runs."));
        text.append('\n');
        if (sighting.findings().isEmpty()) {
            text.append("Nothing is found.\n");
        } else {
            text.append(sighting.text().strip()).append('\n');
        }
        text.append('\n');
        wrap(text, "What mended it: " + exhibit.mended());
        return text.toString();
    }

    private static void wrap(StringBuilder text, String paragraph) {
        int column = 0;
        for (String word : paragraph.split(" ", -1)) {
            if (column > 0 && column + 1 + word.length() > WIDTH) {
                text.append('\n');
                column = 0;
            }
            text.append(column > 0 ? " " : "").append(word);
            column += word.length() + (column > 0 ? 1 : 0);
        }
        text.append('\n');
    }

    /**
     * Visits, for people.
     *
     * @param visits which
     * @return lines, each ended by a line feed
     */
    public static String text(List<Visit> visits) {
        StringBuilder text = new StringBuilder(1 << 12);
        for (Visit visit : visits) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-44s %-9s %-10s %6d runs %8.1f ms%n",
                    visit.exhibit().id(),
                    visit.foundWhenOn() ? "found" : "NOT FOUND",
                    visit.silentWhenOff() ? "silent" : "NOT SILENT",
                    visit.asItWas().schedules() + visit.mended().schedules(),
                    visit.nanos() / 1e6));
        }
        long agree = visits.stream().filter(Visit::agrees).count();
        return text.append(agree == visits.size() ? "AGREE" : "DIFFER")
                .append(": ")
                .append(agree)
                .append(" of ")
                .append(visits.size())
                .append(" errata are found when on and silent when off\n")
                .toString();
    }

    /**
     * Visits, for machines.
     *
     * @param visits which
     * @return a JSON object
     */
    public static String json(List<Visit> visits) {
        int agree = (int) visits.stream().filter(Visit::agrees).count();
        JsonObject answer = JsonAnswer.of(visits.size(), agree, Map.of());
        JsonArray all = new JsonArray();
        for (Visit visit : visits) {
            JsonObject one = new JsonObject();
            one.addProperty("id", visit.exhibit().id());
            one.addProperty("foundWhenOn", visit.foundWhenOn());
            one.addProperty("silentWhenOff", visit.silentWhenOff());
            one.addProperty(
                    "schedules", visit.asItWas().schedules() + visit.mended().schedules());
            one.addProperty("millis", Math.round(visit.nanos() / 1e6));
            all.add(one);
        }
        answer.add("errata", all);
        return JsonAnswer.print(answer);
    }
}
