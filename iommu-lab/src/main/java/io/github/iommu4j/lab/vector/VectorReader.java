package io.github.iommu4j.lab.vector;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.oracle.JsonLines;
import io.github.iommu4j.lab.oracle.JsonView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of sequences row by row and refuses what is not one: every row has the members it must have and no
 * others, rows are numbered, sequences end. Confined to one thread.
 */
public final class VectorReader implements AutoCloseable {

    private static final List<String> START =
            List.of("t", "name", "fmt", "splits", "word", "cpu_page", "phys_base", "cfg", "ok", "out");
    private static final List<Long> PAGES = List.of(0x1000L, 0x4000L, 0x1_0000L);
    /** Room for tables above it stays within 52 bits. */
    private static final long HIGHEST_BASE = (1L << 52) - (1L << 36);

    private final JsonLines lines;
    private final Function<String, @Nullable Dialect> dialects;
    private @Nullable Running running;
    private String last = "";

    /** What the rows of the sequence at hand are read with. */
    private record Running(String name, Dialect dialect, EffectsReader effects, StateReader states, int next) {
        Running after() {
            return new Running(name, dialect, effects, states, next + 1);
        }
    }

    private VectorReader(JsonLines lines, Function<String, @Nullable Dialect> dialects) {
        this.lines = lines;
        this.dialects = dialects;
    }

    /**
     * Opens a file.
     *
     * @param file its name ends in {@code .gz} when it is compressed
     * @param dialects what the lines of a format hold; {@code null} for a format nobody models
     * @return before its first row
     * @throws CaptureException when it cannot be read
     */
    public static VectorReader open(Path file, Function<String, @Nullable Dialect> dialects) throws CaptureException {
        return new VectorReader(JsonLines.open(file), dialects);
    }

    /**
     * Reads the next row.
     *
     * @return the row; {@code null} at the end
     * @throws CaptureException when it cannot be read or breaks a rule; names file, line and rule
     */
    public @Nullable VectorRow next() throws CaptureException {
        JsonView line = lines.next();
        try {
            if (line == null) {
                requireEnd();
                return null;
            }
            last = line.path();
            return running == null ? start(line) : row(line, running);
        } catch (JsonView.MalformedException e) {
            throw lines.broken(e);
        }
    }

    private void requireEnd() {
        if (running != null) {
            throw new JsonView.MalformedException(
                    last + " should not be the last: the sequence '" + running.name() + "' has no end");
        }
        if (last.isEmpty()) {
            throw new JsonView.MalformedException("there is no sequence in it");
        }
    }

    private VectorRow.Start start(JsonView line) {
        JsonView type = line.get("t");
        if (!type.text().equals("seq")) {
            throw type.wrong("'seq': no sequence has begun");
        }
        Dialect dialect = dialect(line);
        requireNoOthers(line, Stream.of(START, EffectsReader.MEMBERS).flatMap(List::stream));
        String name = line.get("name").text();
        VectorRow.Place place = place(line);
        EffectsReader effects = new EffectsReader(dialect);
        boolean accepted = !line.has("ok") || line.get("ok").flag();
        Members outputs = accepted ? outputs(line.get("out")) : Members.NONE;
        JsonView request = line.get("cfg");
        VectorRow.Start start = new VectorRow.Start(
                name,
                line.get("fmt").text(),
                place,
                Members.read(request, dialect.request()),
                accepted,
                outputs,
                effects.read(line));
        requireNoOthers(request, dialect.request().stream().map(Member::name));
        running = accepted ? new Running(name, dialect, effects, new StateReader(place.word()), 0) : null;
        return start;
    }

    private Dialect dialect(JsonView line) {
        if (!line.has("fmt") && line.has("start_pfn")) {
            throw line.wrong("about page tables: sequences of the IOVA allocator are not replayed by this command");
        }
        JsonView format = line.get("fmt");
        Dialect dialect = dialects.apply(format.text());
        if (dialect == null) {
            throw format.wrong("a format there is a model of: '" + format.text() + "' has none");
        }
        return dialect;
    }

    private static VectorRow.Place place(JsonView line) {
        long word = line.get("word").hex();
        if (word != Integer.BYTES && word != Long.BYTES) {
            throw line.get("word").wrong("0x4 or 0x8");
        }
        long page = line.has("cpu_page") ? line.get("cpu_page").hex() : PAGES.get(0);
        if (!PAGES.contains(page)) {
            throw line.get("cpu_page").wrong("0x1000, 0x4000 or 0x10000");
        }
        JsonView base = line.get("phys_base");
        if (Member.bounded(base, HIGHEST_BASE) % page != 0) {
            throw base.wrong("a multiple of cpu_page");
        }
        if (line.has("splits")) {
            line.get("splits").flag();
        }
        return new VectorRow.Place(base.hex(), (int) word, page);
    }

    private static Members outputs(JsonView view) {
        return new Members(new LinkedHashMap<>(view.members(JsonView::hex)));
    }

    private VectorRow row(JsonView line, Running sequence) {
        JsonView index = line.get("i");
        if (index.integer() != sequence.next()) {
            throw index.wrong("the row's number in its sequence, " + sequence.next());
        }
        JsonView type = line.get("t");
        VectorRow row = switch (type.text()) {
            case "op" -> call(line, sequence);
            case "chk" -> checkpoint(line, sequence);
            case "end" -> end(line, sequence);
            default -> throw type.wrong("'op', 'chk' or 'end' within a sequence");
        };
        running = row instanceof VectorRow.End ? null : sequence.after();
        return row;
    }

    private static VectorRow.Call call(JsonView line, Running sequence) {
        JsonView name = line.get("op");
        Map<String, Dialect.Shape> operations = sequence.dialect().operations();
        Dialect.Shape shape = operations.get(name.text());
        if (shape == null) {
            throw name.wrong("one of " + new TreeSet<>(operations.keySet()) + ", not '" + name.text() + "'");
        }
        List<String> known = new ArrayList<>(EffectsReader.MEMBERS);
        known.addAll(List.of("t", "i", "op"));
        shape.arguments().forEach(member -> known.add(member.name()));
        shape.answers().forEach(member -> known.add(member.name()));
        requireNoOthers(line, known.stream());
        return new VectorRow.Call(
                sequence.next(),
                name.text(),
                Members.read(line, shape.arguments()),
                Members.read(line, shape.answers()),
                sequence.effects().read(line));
    }

    private static VectorRow.Checkpoint checkpoint(JsonView line, Running sequence) {
        List<Member> more = sequence.dialect().checkpoint();
        requireNoOthers(
                line,
                Stream.of(
                                List.of("t", "i"),
                                StateReader.MEMBERS,
                                more.stream().map(Member::name).toList())
                        .flatMap(List::stream));
        return new VectorRow.Checkpoint(
                sequence.next(),
                sequence.states().read(line),
                StateReader.translations(line.get("phys")),
                Members.read(line, more));
    }

    private static VectorRow.End end(JsonView line, Running sequence) {
        requireNoOthers(
                line, Stream.of(List.of("t", "i"), EffectsReader.MEMBERS).flatMap(List::stream));
        return new VectorRow.End(sequence.next(), sequence.effects().read(line));
    }

    private static void requireNoOthers(JsonView object, Stream<String> known) {
        List<String> names = known.toList();
        for (String name : object.members(member -> member).keySet()) {
            if (!names.contains(name)) {
                throw object.wrong("without '" + name + "'");
            }
        }
    }

    @Override
    public void close() throws CaptureException {
        lines.close();
    }
}
