package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.lab.pgtable.TableWalk;
import java.util.Locale;
import java.util.Map;

/** The answer of {@code iommu walk-table}. */
public final class WalkReport {

    private WalkReport() {}

    /**
     * For people.
     *
     * @param sequence the sequence's name
     * @param walk the walk
     * @return lines, each ended by a line feed
     */
    public static String text(String sequence, TableWalk walk) {
        StringBuilder text = new StringBuilder(512);
        text.append(sequence).append(' ').append(JsonAnswer.hex(walk.iova())).append('\n');
        int number = 0;
        for (Explanation.Fetch fetch : walk.fetches()) {
            number++;
            text.append(String.format(
                    Locale.ROOT,
                    "%3d  %s 0x%012x  0x%x",
                    number,
                    fetch.role(),
                    fetch.address(),
                    fetch.raw().get(0)));
            fetch.fields()
                    .forEach(field ->
                            text.append(' ').append(field.name()).append('=').append(field.value()));
            text.append("  -> ").append(fetch.decision()).append('\n');
        }
        Long pa = walk.pa();
        text.append("  => ").append(pa == null ? "" : JsonAnswer.hex(pa) + "  ").append(walk.conclusion());
        return text.append('\n').toString();
    }

    /**
     * For machines. {@code rows} and {@code agree} count the reads.
     *
     * @param sequence the sequence's name
     * @param walk the walk
     * @return a JSON object
     */
    public static String json(String sequence, TableWalk walk) {
        int reads = walk.fetches().size();
        JsonObject answer = JsonAnswer.of(reads, reads, Map.of());
        answer.addProperty("sequence", sequence);
        answer.addProperty("iova", JsonAnswer.hex(walk.iova()));
        Long pa = walk.pa();
        answer.add("pa", pa == null ? JsonNull.INSTANCE : new JsonPrimitive(JsonAnswer.hex(pa)));
        answer.addProperty("conclusion", walk.conclusion());
        JsonArray fetches = new JsonArray();
        walk.fetches().forEach(fetch -> fetches.add(ExplanationReport.fetch(fetch)));
        answer.add("fetches", fetches);
        return JsonAnswer.print(answer);
    }
}
