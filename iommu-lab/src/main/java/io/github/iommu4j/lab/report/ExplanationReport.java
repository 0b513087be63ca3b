package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import java.util.List;
import java.util.Map;

/** The answer of {@code iommu explain}. */
public final class ExplanationReport {

    private ExplanationReport() {}

    /**
     * For machines. {@code rows} and {@code agree} count the reads.
     *
     * @param scenario the capture's name
     * @param explanation the explanation
     * @return a JSON object
     */
    public static String json(String scenario, Explanation explanation) {
        int reads = explanation.fetches().size();
        JsonObject answer = JsonAnswer.of(reads, reads, Map.of());
        answer.addProperty("scenario", scenario);
        answer.add("request", request(explanation.request()));
        answer.add("result", result(explanation.result()));
        answer.add("event", words(explanation.event()));
        answer.addProperty("conclusion", explanation.conclusion());
        JsonArray fetches = new JsonArray();
        explanation.fetches().forEach(fetch -> fetches.add(fetch(fetch)));
        answer.add("fetches", fetches);
        return JsonAnswer.print(answer);
    }

    private static JsonObject request(DmaRequest request) {
        JsonObject object = new JsonObject();
        object.addProperty("sid", JsonAnswer.hex(Integer.toUnsignedLong(request.streamId())));
        if (request.hasSubstream()) {
            object.addProperty("ssid", JsonAnswer.hex(request.substreamId()));
        }
        object.addProperty("iova", JsonAnswer.hex(request.iova()));
        object.addProperty("access", request.access().name());
        object.addProperty("privilege", request.privilege().name());
        return object;
    }

    private static JsonObject result(Translation result) {
        JsonObject object = new JsonObject();
        object.addProperty("kind", result.kind().name());
        if (result instanceof Translation.Ok ok) {
            object.addProperty("pa", JsonAnswer.hex(ok.pa()));
            object.addProperty("sizeLg2", ok.sizeLg2());
            object.addProperty("read", (ok.permissions() & 1) != 0);
            object.addProperty("write", (ok.permissions() & 2) != 0);
            object.addProperty("execute", (ok.permissions() & 4) != 0);
            object.addProperty("memoryType", JsonAnswer.hex(ok.attributes().type()));
            object.addProperty("shareability", ok.attributes().shareability().name());
        } else if (result instanceof Translation.Fault fault) {
            object.addProperty("code", JsonAnswer.hex(fault.code()));
            object.addProperty("name", fault.name());
            object.addProperty("response", fault.response().name());
            object.addProperty("recorded", fault.recorded());
        } else if (result instanceof Translation.Stalled stalled) {
            object.addProperty("code", JsonAnswer.hex(stalled.code()));
            object.addProperty("name", stalled.name());
            object.addProperty("recorded", stalled.recorded());
        }
        return object;
    }

    /** One read. */
    static JsonObject fetch(Explanation.Fetch fetch) {
        JsonObject object = new JsonObject();
        object.addProperty("role", fetch.role());
        object.addProperty("purpose", fetch.purpose());
        object.addProperty("address", JsonAnswer.hex(fetch.address()));
        object.add("raw", words(fetch.raw()));
        JsonObject fields = new JsonObject();
        fetch.fields().forEach(field -> fields.addProperty(field.name(), field.value()));
        object.add("fields", fields);
        object.addProperty("decision", fetch.decision());
        return object;
    }

    private static JsonArray words(List<Long> words) {
        JsonArray array = new JsonArray();
        words.forEach(word -> array.add(JsonAnswer.hex(word)));
        return array;
    }
}
