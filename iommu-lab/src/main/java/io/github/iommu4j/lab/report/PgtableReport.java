package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.pgtable.PgtableResult;
import java.util.Locale;

/** The answer of {@code iommu pgtable}. */
public final class PgtableReport {

    private PgtableReport() {}

    /**
     * For people.
     *
     * @param result what the replay found
     * @return lines, each ended by a line feed
     */
    public static String text(PgtableResult result) {
        StringBuilder text = new StringBuilder(KernelReport.parts(result.comparison()));
        result.deviations()
                .forEach((defect, rows) ->
                        text.append(String.format(Locale.ROOT, "  reference shows %s in %d\n", defect.name(), rows)));
        return text + KernelReport.summary(result.comparison());
    }

    /**
     * For machines.
     *
     * @param result what the replay found
     * @return a JSON object
     */
    public static String json(PgtableResult result) {
        JsonObject answer = KernelReport.head(result.comparison());
        JsonArray deviations = new JsonArray();
        result.deviations().forEach((defect, rows) -> {
            JsonObject object = new JsonObject();
            object.addProperty("name", defect.name());
            object.addProperty("story", defect.story());
            object.addProperty("rows", rows);
            deviations.add(object);
        });
        answer.add("deviations", deviations);
        answer.add("differences", KernelReport.differences(result.comparison()));
        return JsonAnswer.print(answer);
    }
}
