package io.github.iommu4j.lab.vector;

import io.github.iommu4j.lab.oracle.JsonView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads the side effects of a line. */
final class EffectsReader {

    /** The members that hold side effects. */
    static final List<String> MEMBERS = List.of("tlb", "mem", "dma", "warn");

    private static final int MOST_EVENTS = 1 << 20;
    private static final int RANGE = 2;
    private static final Map<String, Integer> MEM = Map.of("alloc", RANGE, "free", RANGE, "fail", RANGE);

    private final Map<String, Integer> tlb;
    private final Map<String, Integer> dma;

    EffectsReader(Dialect dialect) {
        tlb = dialect.invalidations();
        dma = dialect.maintenance().stream().collect(Collectors.toMap(kind -> kind, kind -> RANGE));
    }

    Effects read(JsonView line) {
        return new Effects(
                single(line, "tlb", tlb),
                single(line, "mem", MEM),
                runs(line),
                line.has("warn") ? line.get("warn").hex() : 0);
    }

    private static List<TableEvent> single(JsonView line, String member, Map<String, Integer> kinds) {
        List<TableEvent> events = new ArrayList<>();
        for (JsonView view : views(line, member)) {
            List<JsonView> parts = parts(view, kinds);
            TableEvent event = event(parts);
            int numbers = kinds.getOrDefault(event.kind(), 0);
            if (event.numbers().size() != numbers) {
                throw view.wrong("'" + event.kind() + "' and " + numbers + " numbers");
            }
            events.add(event);
        }
        return events;
    }

    /** Cache maintenance: a count after the range stands for as many ranges, one behind the other. */
    private List<TableEvent> runs(JsonView line) {
        List<TableEvent> events = new ArrayList<>();
        for (JsonView view : views(line, "dma")) {
            TableEvent event = event(parts(view, dma));
            List<Long> numbers = event.numbers();
            if (numbers.size() < RANGE || numbers.size() > RANGE + 1) {
                throw view.wrong("'" + event.kind() + "', an address, a size and perhaps a count");
            }
            long count = numbers.size() == RANGE ? 1 : numbers.get(RANGE);
            if (count < 1 || count > MOST_EVENTS - events.size()) {
                throw view.wrong("at most " + MOST_EVENTS + " events, and at least one, together with those before");
            }
            long size = numbers.get(1);
            for (long i = 0; i < count; i++) {
                events.add(TableEvent.of(event.kind(), numbers.get(0) + i * size, size));
            }
        }
        return events;
    }

    private static List<JsonView> views(JsonView line, String member) {
        return line.has(member) ? line.get(member).list(view -> view) : List.of();
    }

    private static List<JsonView> parts(JsonView view, Map<String, Integer> kinds) {
        List<JsonView> parts = view.list(part -> part);
        if (parts.isEmpty() || !kinds.containsKey(parts.get(0).text())) {
            throw view.wrong("an event that begins with one of "
                    + kinds.keySet().stream().sorted().toList());
        }
        return parts;
    }

    private static TableEvent event(List<JsonView> parts) {
        return new TableEvent(
                parts.get(0).text(),
                parts.subList(1, parts.size()).stream().map(JsonView::hex).toList());
    }
}
