package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.kernel.OracleFiles;
import io.github.iommu4j.lab.pgtable.VectorFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class PgtableCommandTest {

    static final List<String> FILES = VectorFiles.ALL;

    @TempDir
    private Path temporary;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("pgtable"));
        all.addAll(List.of(arguments));
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(all.toArray(String[]::new));
    }

    private Path copy(String name) throws IOException {
        return VectorFiles.copy(temporary, name);
    }

    private JsonObject json(Path... files) {
        List<String> arguments = new ArrayList<>(List.of("--json"));
        Arrays.stream(files).map(Path::toString).forEach(arguments::add);
        run(arguments.toArray(String[]::new));
        return JsonParser.parseString(out.toString()).getAsJsonObject();
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void everyRowAgreesInBothWays(String name) throws IOException {
        Path file = copy(name);
        int rows = OracleFiles.lines(file).size();
        for (String[] arguments : new String[][] {{file.toString()}, {file.toString(), "--as-reference"}}) {
            assertThat(run(arguments)).as(out.toString()).isZero();
            assertThat(out.toString()).contains("AGREE: " + rows + " of " + rows + " usable rows agree");
        }
    }

    @Test
    void theAnswerInJsonHasTheAgreedKeys() throws IOException {
        JsonObject answer = json(copy(VectorFiles.SPLITS), copy(VectorFiles.MALI));
        assertThat(answer.keySet()).containsExactly("rows", "agree", "skipped", "parts", "deviations", "differences");
        assertThat(answer.getAsJsonObject("parts").keySet())
                .containsExactly(VectorFiles.SPLITS + ".jsonl.gz", VectorFiles.MALI + ".jsonl.gz");
        assertThat(answer.get("agree")).isEqualTo(answer.get("rows"));
        assertThat(answer.getAsJsonArray("differences")).isEmpty();
    }

    @Test
    void theKnownDefectsAreNamedWithTheirStoryAndTheNumberOfRows() throws IOException {
        Map<String, Integer> rows = new TreeMap<>();
        for (JsonElement each : json(copy(VectorFiles.SPLITS)).getAsJsonArray("deviations")) {
            JsonObject deviation = each.getAsJsonObject();
            assertThat(deviation.get("story").getAsString()).contains("io-pgtable-arm-v7s");
            rows.put(deviation.get("name").getAsString(), deviation.get("rows").getAsInt());
        }
        assertThat(rows.keySet()).containsExactly("GROUP_SPLIT_RETURNS_FIRST", "SPLIT_LOSES_ADDRESS");
        assertThat(rows.values()).allMatch(count -> count > 1);
        run(temporary.resolve(VectorFiles.SPLITS + ".jsonl.gz").toString());
        assertThat(out.toString())
                .contains("reference shows SPLIT_LOSES_ADDRESS in " + rows.get("SPLIT_LOSES_ADDRESS"));
        run(temporary.resolve(VectorFiles.SPLITS + ".jsonl.gz").toString(), "--as-reference");
        assertThat(out.toString()).doesNotContain("reference shows");
    }

    /** Changes the first line that has a text; answers with the whole output. */
    private void requireDifference(String name, String before, String after, String what) throws IOException {
        Path file = copy(name);
        List<String> lines = OracleFiles.lines(file);
        int line = 0;
        while (!lines.get(line).contains(before)) {
            line++;
        }
        OracleFiles.editLine(file, line, text -> text.replace(before, after));
        for (String[] arguments : new String[][] {{file.toString()}, {file.toString(), "--as-reference"}}) {
            assertThat(run(arguments)).as("%s for %s", after, before).isEqualTo(1);
            assertThat(out.toString()).contains("DIFFERENCE " + name + ".jsonl.gz:", what, "DIFFER: ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "lpae-hand-s1-4k-39-40-nc-ns | \"tcr_sh\":\"0x2\"      | \"tcr_sh\":\"0x3\"  | out.tcr_sh",
                "lpae-hand-s1-4k-39-40-nc-ns | \"pgd_bits\":           | \"pgd_bytes\":      | out.pgd_bytes",
                "lpae-hand-s1-4k-39-40-nc-ns | \"ret\":\"EEXIST\"      | \"ret\":\"EINVAL\"  | ret: expected EINVAL",
                "lpae-hand-s1-4k-39-40-nc-ns | \"mapped\":\"0x1000\"   | \"mapped\":\"0x2000\" | mapped: expected 0x2000",
                "lpae-hand-s1-4k-39-40-nc-ns | \"warn\":\"0x1\"        | \"warn\":\"0x2\"    | warn: expected 2",
                "lpae-hand-s1-4k-39-40-nc-ns | [\"all\"]               | [\"all\"],[\"all\"] | tlb events",
                "lpae-hand-s1-4k-39-40-nc-ns | [\"page\",\"0x0\",\"0x1000\"] | [\"page\",\"0x0\",\"0x2000\"] | tlb[0]",
                "lpae-hand-s1-4k-39-40-nc-ns | [\"sync\",\"0x80000000\",\"0x8\"] | [\"sync\",\"0x80000000\",\"0x8\",\"0x2\"] | dma[",
                "lpae-hand-s1-4k-39-40-nc-ns | [\"alloc\",\"0x80001000\" | [\"alloc\",\"0x80009000\" | mem[0]",
                "v7s-split-hand-v7s-ns-nc    | \"ret\":\"0x40011000\"  | \"ret\":\"0x11000\" | ret",
                "v7s-split-hand-v7s-ns-nc    | \"blocks\":[[\"0x80000000\",\"0x4000\"] | \"blocks\":[[\"0x80000000\",\"0x8000\"] | blocks 0x80000000",
                "v7s-split-hand-v7s-ns-nc    | \"words\":[[            | \"words\":[[\"0x90000000\",\"0x1\"],[ | words 0x90000000",
                "v7s-split-hand-v7s-ns-nc    | \"leaves\":[[           | \"leaves\":[[\"0x90000000\",\"0x1000\",\"0x1\"],[ | leaves 0x90000000",
                "v7s-split-hand-v7s-ns-nc    | \"phys\":[[             | \"phys\":[[\"0x90000000\",\"0x1\"],[ | phys 0x90000000",
            })
    void aChangedRowIsADifference(String name, String before, String after, String what) throws IOException {
        requireDifference(name, before, after, what);
    }

    @Test
    void aTableThatShouldHaveBeenRefusedIsADifference() throws IOException {
        Path file = copy(VectorFiles.CONFIGURATIONS);
        List<String> lines = new ArrayList<>(OracleFiles.lines(file));
        assertThat(lines.get(0)).contains("\"ok\":true");
        lines.set(0, lines.get(0).replace("\"ok\":true", "\"ok\":false"));
        lines.remove(1);
        OracleFiles.write(file, lines);
        assertThat(run(file.toString())).isEqualTo(1);
        assertThat(out.toString()).contains(":-1 sweep0/alloc", "ok: expected false, is true");
    }

    @Test
    void aRefusedTableThatShouldNotHaveBeenHasNoAnswers() throws IOException {
        Path file = copy(VectorFiles.CONFIGURATIONS);
        List<String> lines = new ArrayList<>(OracleFiles.lines(file));
        int refused = 0;
        while (!lines.get(refused).contains("\"ok\":false")) {
            refused++;
        }
        lines.set(refused, lines.get(refused).replace("\"ok\":false", "\"ok\":true,\"out\":{}"));
        lines.add(refused + 1, "{\"t\":\"op\",\"i\":0,\"op\":\"phys\",\"iova\":\"0x0\",\"ret\":\"0x0\"}");
        lines.add(refused + 2, "{\"t\":\"end\",\"i\":1}");
        OracleFiles.write(file, lines);
        assertThat(run(file.toString())).isEqualTo(1);
        assertThat(out.toString())
                .contains("ok: expected true, is false", "outcome: expected an answer, is ", "there is no table");
    }

    @Test
    void manyDifferencesAreCutForPeopleAndListedForMachines() throws IOException {
        Path file = copy(VectorFiles.RANDOM_SPLITS);
        List<String> lines = OracleFiles.lines(file).stream()
                .map(line -> line.replace("\"warn\":\"0x1\"", "\"warn\":\"0x7\""))
                .toList();
        OracleFiles.write(file, lines);
        assertThat(run(file.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("differences more (--json lists all)");
        assertThat(json(file).getAsJsonArray("differences")).hasSizeGreaterThan(50);
    }

    private void assertBad(String reason, Path file) {
        assertThat(run(file.toString())).isEqualTo(2);
        assertThat(err.toString())
                .contains(reason, String.valueOf(file.getFileName()))
                .hasLineCount(1);
        assertThat(err.toString()).doesNotContain("internal error");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void filesThatAreNotWhatTheirNameSaysAreRefused() throws IOException {
        Path file = copy(VectorFiles.SPLITS);
        byte[] packed = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(packed, packed.length / 2));
        assertBad("cannot be read", file);
        Files.write(file, "plain text".getBytes(StandardCharsets.UTF_8));
        assertBad("is not compressed with gzip", file);
        assertBad("cannot be read", temporary.resolve("none.jsonl.gz"));
        assertThat(run()).isEqualTo(2);
        OracleFiles.write(file, List.of());
        assertBad("line 1 should be an object", file);
        Path empty = Files.write(temporary.resolve("empty.jsonl"), new byte[0]);
        assertBad("there is no sequence in it", empty);
        Path plain = Files.write(
                temporary.resolve("plain.jsonl"), OracleFiles.lines(copy(VectorFiles.SPLITS)), StandardCharsets.UTF_8);
        assertThat(run(plain.toString())).isZero();
    }

    @Test
    void otherKindsOfSequencesAreNamed() throws IOException {
        Path file = temporary.resolve("other.jsonl.gz");
        OracleFiles.write(file, List.of("{\"t\":\"seq\",\"name\":\"a\",\"fmt\":\"AMD_V1\"}"));
        assertBad("line 1.fmt should be a format there is a model of: 'AMD_V1' has none", file);
        OracleFiles.write(file, List.of("{\"t\":\"seq\",\"name\":\"a\",\"granule\":\"0x1000\",\"start_pfn\":\"0x1\"}"));
        assertBad("sequences of the IOVA allocator are not replayed by this command", file);
    }
}
