package io.github.iommu4j.lab.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;

/** How every JSON answer begins, and how it is printed. */
final class JsonAnswer {

    private JsonAnswer() {}

    /** An answer with its first three members. */
    static JsonObject of(int rows, int agree, Map<String, Integer> skipped) {
        JsonObject answer = new JsonObject();
        answer.addProperty("rows", rows);
        answer.addProperty("agree", agree);
        answer.add("skipped", counts(skipped));
        return answer;
    }

    static JsonObject counts(Map<String, Integer> counts) {
        JsonObject object = new JsonObject();
        counts.forEach(object::addProperty);
        return object;
    }

    static JsonObject texts(Map<String, String> texts) {
        JsonObject object = new JsonObject();
        texts.forEach(object::addProperty);
        return object;
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    /** Indented, ending with a line feed. */
    static String print(JsonElement answer) {
        Gson gson = new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .serializeNulls()
                .create();
        return gson.toJson(answer) + "\n";
    }
}
