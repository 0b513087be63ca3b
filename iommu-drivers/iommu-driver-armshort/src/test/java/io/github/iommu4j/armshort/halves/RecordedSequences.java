package io.github.iommu4j.armshort.halves;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.core.memory.SparseMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Recorded calls of the kernel's short-descriptor code, one file of sequences with checkpoints. */
final class RecordedSequences {

    private static final long PAGE = 0x1000;

    /**
     * The words of memory at one moment, and what they must translate.
     *
     * @param name the sequence
     * @param setup how the table was asked for
     * @param words descriptors by address
     * @param expected translations, with the protection of those that were mapped
     */
    record Checkpoint(String name, Setup setup, Map<Long, Integer> words, List<Expected> expected) {

        /** Memory that holds the words, each changed by the rule of its kind. */
        SparseMemory memory(DescriptorChange change) {
            SparseMemory memory = new SparseMemory();
            words.forEach((address, raw) -> {
                boolean first = address - setup.root() >= 0 && address - setup.root() < setup.rootSize();
                memory.store32(address, change.of(DescriptorKind.of(raw, first)).applyAsInt(raw));
            });
            return memory;
        }
    }

    /** What is done to descriptors before they are stored. */
    @FunctionalInterface
    interface DescriptorChange {

        /** Nothing. */
        DescriptorChange NONE = kind -> raw -> raw;

        IntUnaryOperator of(DescriptorKind kind);
    }

    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final TreeMap<Long, Integer> protections = new TreeMap<>();
    private String name = "";
    private @Nullable Setup setup;

    private RecordedSequences() {}

    static List<Checkpoint> read(InputStream gzip) throws IOException {
        RecordedSequences reader = new RecordedSequences();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(gzip), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                reader.take(JsonParser.parseString(line).getAsJsonObject());
            }
        }
        return reader.checkpoints;
    }

    private void take(JsonObject row) {
        switch (row.get("t").getAsString()) {
            case "seq" -> begin(row);
            case "op" -> operate(row);
            case "chk" -> check(row);
            default -> setup = null;
        }
    }

    private void begin(JsonObject row) {
        name = row.get("name").getAsString();
        protections.clear();
        if (!row.get("ok").getAsBoolean()) {
            setup = null;
            return;
        }
        JsonObject out = row.getAsJsonObject("out");
        setup = new Setup(
                (int) number(row.getAsJsonObject("cfg").get("quirks")),
                (int) number(out.get("ias")),
                (int) number(out.get("ttbr")),
                (int) number(out.get("tcr")),
                (int) number(out.get("prrr")),
                (int) number(out.get("nmrr")));
    }

    private void operate(JsonObject row) {
        String operation = row.get("op").getAsString();
        if (operation.equals("map")) {
            long iova = number(row.get("iova"));
            int prot = (int) number(row.get("prot"));
            for (long done = 0; done < number(row.get("mapped")); done += PAGE) {
                protections.put(iova + done, prot);
            }
        } else if (operation.equals("unmap")) {
            long iova = number(row.get("iova"));
            protections.subMap(iova, iova + number(row.get("ret"))).clear();
        }
    }

    private void check(JsonObject row) {
        Setup now = setup;
        if (now == null) {
            throw new AssertionError("a checkpoint outside a sequence");
        }
        Map<Long, Integer> words = new TreeMap<>();
        for (JsonElement element : row.getAsJsonArray("words")) {
            JsonArray run = element.getAsJsonArray();
            long count = run.size() > 2 ? number(run.get(2)) : 1;
            long stride = run.size() > 2 ? number(run.get(3)) : 0;
            for (long i = 0; i < count; i++) {
                words.put(number(run.get(0)) + 4 * i, (int) (number(run.get(1)) + i * stride));
            }
        }
        // Where the code goes past the end of the address space, what was mapped is not where it was asked for.
        boolean known = !name.contains("/quirk-");
        List<Expected> expected = new ArrayList<>();
        for (JsonElement element : row.getAsJsonArray("phys")) {
            JsonArray pair = element.getAsJsonArray();
            long iova = number(pair.get(0));
            Integer prot = known ? protections.get(iova & -PAGE) : null;
            expected.add(new Expected(iova, number(pair.get(1)), prot));
        }
        checkpoints.add(new Checkpoint(name, now, words, expected));
    }

    private static long number(JsonElement element) {
        return Long.parseUnsignedLong(element.getAsString().substring(2), 16);
    }
}
