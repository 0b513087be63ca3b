package io.github.iommu4j.lab.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.lab.view.MappedRange;
import io.github.iommu4j.lab.view.StreamView;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The answer of {@code iommu inspect}. */
public final class InspectionReport {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private InspectionReport() {}

    /**
     * For people. Streams that are aborted without more to say come last, in one line.
     *
     * @param scenario the capture's name
     * @param streams its streams
     * @return lines, each ended by a line feed
     */
    public static String text(String scenario, List<StreamView> streams) {
        StringBuilder text = new StringBuilder(1024);
        List<StreamView> aborting = streams.stream()
                .filter(stream -> stream.kind() == StreamView.Kind.ABORT)
                .toList();
        line(text, "%s: %d valid stream table entries", scenario, streams.size());
        streams.stream()
                .filter(stream -> stream.kind() != StreamView.Kind.ABORT)
                .forEach(stream -> stream(text, stream));
        if (!aborting.isEmpty()) {
            line(text, "aborted silently: %s", intervals(aborting));
        }
        return text.toString();
    }

    private static void stream(StringBuilder text, StreamView stream) {
        String substream = stream.substreamId() < 0 ? "" : String.format(" substream 0x%x", stream.substreamId());
        String state = stream.problem().isEmpty() ? stream.kind().label() : stream.problem();
        line(text, "stream 0x%x%s: %s, entry at 0x%x", stream.streamId(), substream, state, stream.entryAddress());
        if (!stream.settings().isEmpty()) {
            line(
                    text,
                    "    %s",
                    stream.settings().entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + entry.getValue())
                            .collect(Collectors.joining(" ")));
        }
        for (MappedRange range : stream.ranges()) {
            line(
                    text,
                    "    0x%016x +%-9s -> 0x%012x %s",
                    range.iova(),
                    size(range.size()),
                    range.pa(),
                    range.permissionText());
        }
        if (stream.truncated()) {
            line(text, "    and more than is listed here");
        }
    }

    private static String intervals(List<StreamView> streams) {
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < streams.size()) {
            int first = streams.get(i).streamId();
            int last = first;
            while (i + 1 < streams.size() && streams.get(i + 1).streamId() == last + 1) {
                last++;
                i++;
            }
            i++;
            text.append(text.isEmpty() ? "" : ", ").append(String.format("0x%x", first));
            if (last != first) {
                text.append(String.format("-0x%x", last));
            }
        }
        return text.toString();
    }

    private static String size(long bytes) {
        int unit = Math.min(UNITS.length - 1, Long.numberOfTrailingZeros(bytes) / 10);
        return (bytes >>> 10 * unit) + " " + UNITS[unit];
    }

    private static void line(StringBuilder text, String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    /**
     * For machines. {@code rows} counts streams, {@code agree} those whose configuration is legal.
     *
     * @param scenario the capture's name
     * @param streams its streams
     * @return a JSON object
     */
    public static String json(String scenario, List<StreamView> streams) {
        int legal = (int)
                streams.stream().filter(stream -> stream.problem().isEmpty()).count();
        JsonObject answer = JsonAnswer.of(
                streams.size(),
                legal,
                legal == streams.size() ? Map.of() : Map.of("illegal configuration", streams.size() - legal));
        answer.addProperty("scenario", scenario);
        JsonArray array = new JsonArray();
        streams.forEach(stream -> array.add(stream(stream)));
        answer.add("streams", array);
        return JsonAnswer.print(answer);
    }

    private static JsonObject stream(StreamView stream) {
        JsonObject object = new JsonObject();
        object.addProperty("sid", JsonAnswer.hex(Integer.toUnsignedLong(stream.streamId())));
        if (stream.substreamId() >= 0) {
            object.addProperty("ssid", JsonAnswer.hex(stream.substreamId()));
        }
        object.addProperty("entry", JsonAnswer.hex(stream.entryAddress()));
        object.addProperty("kind", stream.kind().label());
        if (!stream.problem().isEmpty()) {
            object.addProperty("problem", stream.problem());
        }
        object.add("settings", JsonAnswer.texts(stream.settings()));
        JsonArray ranges = new JsonArray();
        stream.ranges().forEach(range -> ranges.add(range(range)));
        object.add("ranges", ranges);
        object.addProperty("truncated", stream.truncated());
        return object;
    }

    private static JsonObject range(MappedRange range) {
        JsonObject object = new JsonObject();
        object.addProperty("iova", JsonAnswer.hex(range.iova()));
        object.addProperty("size", JsonAnswer.hex(range.size()));
        object.addProperty("pa", JsonAnswer.hex(range.pa()));
        object.addProperty("permissions", range.permissionText());
        return object;
    }
}
