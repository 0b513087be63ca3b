package io.github.iommu4j.lab.vector;

import io.github.iommu4j.lab.oracle.JsonView;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** Reads what a checkpoint saw, runs of descriptors drawn out. */
final class StateReader {

    /** The members that hold the state. */
    static final List<String> MEMBERS = List.of("blocks", "words", "leaves", "phys");

    private static final int MOST_DESCRIPTORS = 1 << 22;
    private static final int RUN = 2;

    private final int word;
    private final long mask;

    StateReader(int word) {
        this.word = word;
        mask = word == Long.BYTES ? -1 : (1L << Byte.SIZE * word) - 1;
    }

    TableState read(JsonView line) {
        return new TableState(blocks(line.get("blocks")), words(line.get("words")), leaves(line.get("leaves")));
    }

    static List<VectorRow.Translation> translations(JsonView view) {
        List<VectorRow.Translation> translations = new ArrayList<>();
        for (JsonView entry : view.list(each -> each)) {
            List<Long> pair = numbers(entry, 2, 2, "an input and an output address");
            translations.add(new VectorRow.Translation(pair.get(0), pair.get(1)));
        }
        return translations;
    }

    private static SortedMap<Long, Long> blocks(JsonView view) {
        SortedMap<Long, Long> blocks = TableState.byAddress();
        for (JsonView entry : view.list(each -> each)) {
            List<Long> block = numbers(entry, 2, 2, "an address and a size");
            put(blocks, block.get(0), block.get(1), entry);
        }
        return blocks;
    }

    private SortedMap<Long, Long> words(JsonView view) {
        SortedMap<Long, Long> words = TableState.byAddress();
        for (JsonView entry : view.list(each -> each)) {
            List<Long> run = numbers(entry, 2, 2 + RUN, "an address, a value and perhaps a count and a stride");
            long count = count(run, 2, words.size(), entry);
            for (long k = 0; k < count; k++) {
                put(words, run.get(0) + k * word, nth(run, 1, k), entry);
            }
        }
        return words;
    }

    private SortedMap<Long, Leaf> leaves(JsonView view) {
        SortedMap<Long, Leaf> leaves = TableState.byAddress();
        for (JsonView entry : view.list(each -> each)) {
            List<Long> run =
                    numbers(entry, 3, 3 + RUN, "an address, a size, a descriptor and perhaps a count and a stride");
            long count = count(run, 3, leaves.size(), entry);
            for (long k = 0; k < count; k++) {
                put(leaves, run.get(0) + k * run.get(1), new Leaf(run.get(1), nth(run, 2, k)), entry);
            }
        }
        return leaves;
    }

    /** The descriptor of a run: from one to the next it grows by the stride. */
    private long nth(List<Long> run, int place, long k) {
        long stride = run.size() > place + 1 ? run.get(place + 2) : 0;
        return run.get(place) + k * stride & mask;
    }

    private static long count(List<Long> run, int place, int before, JsonView entry) {
        long count = run.size() > place ? run.get(place) : 1;
        if (count < 1 || count > MOST_DESCRIPTORS - before) {
            throw entry.wrong("at most " + MOST_DESCRIPTORS + " descriptors, and at least one, with those before");
        }
        return count;
    }

    private static List<Long> numbers(JsonView entry, int least, int most, String what) {
        List<Long> numbers = entry.list(JsonView::hex);
        if (numbers.size() != least && numbers.size() != most) {
            throw entry.wrong(what);
        }
        return numbers;
    }

    private static <V> void put(SortedMap<Long, V> map, long key, V value, JsonView entry) {
        if (map.put(key, value) != null) {
            throw entry.wrong("about addresses that are not listed twice, as " + Members.text(key) + " is");
        }
    }
}
