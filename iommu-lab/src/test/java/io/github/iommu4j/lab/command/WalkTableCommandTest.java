package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.pgtable.VectorFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalkTableCommandTest {

    private static final String STAGE_1_SIZES = "s1-4k-39-40-nc-ns/sizes";

    @TempDir
    private Path temporary;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String file, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(
                List.of("walk-table", VectorFiles.copy(temporary, file).toString()));
        all.addAll(List.of(arguments));
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(all.toArray(String[]::new));
    }

    @Test
    void everyDescriptorOfALongWalkIsListedWithItsFields() throws IOException {
        assertThat(run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--op", "0", "--iova", "0x2a"))
                .isZero();
        assertThat(out.toString()).isEqualTo("""
                s1-4k-39-40-nc-ns/sizes 0x2a
                  1  L1 0x000080000000  0x8080000080001003  -> table at 0x80001000
                  2  L2 0x000080001000  0x8080000080002003  -> table at 0x80002000
                  3  L3 0x000080002000  0x60000040001f67 AttrIndx=0x1 NS=0x1 AP=0x1 SH=0x3 AF=0x1 nG=0x1 PXN=0x1 XN=0x1  -> page of 0x1000 bytes at 0x40001000
                  => 0x4000102a  translated at level 3
                """);
    }

    @Test
    void aShortWalkThroughAPageIsListed() throws IOException {
        assertThat(run(
                        VectorFiles.SPLITS,
                        "--seq",
                        "v7s-ns-nc/split-64K-by-4K-at-0",
                        "--op",
                        "5",
                        "--iova",
                        "0x111002"))
                .isZero();
        assertThat(out.toString())
                .contains("L1 0x000080000004  0x80004009 PXN=0x0 NS=0x1  -> table at 0x80004000")
                .contains("-> small page of 0x1000 bytes at 0x40011000")
                .contains("=> 0x40011002  translated at level 2");
    }

    @Test
    void noTranslationIsAnAnswer() throws IOException {
        assertThat(run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--op", "0", "--iova", "0x1000"))
                .isZero();
        assertThat(out.toString()).contains("L3", "-> absent", "=> no translation: absent at level 3");
        assertThat(run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--iova", "0x8000000000"))
                .isZero();
        assertThat(out.toString()).contains("no translation: the table is for the lowest 2^39 addresses");
        assertThat(run(VectorFiles.SPLITS, "--seq", "v7s-ns-nc/split-multi", "--iova", "0x100000000"))
                .isZero();
        assertThat(out.toString()).contains("no translation: the table is for the lowest 2^32 addresses");
    }

    @Test
    void theAnswerInJsonCountsTheReads() throws IOException {
        run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--op", "0", "--iova", "0x2a", "--json");
        JsonObject answer = JsonParser.parseString(out.toString()).getAsJsonObject();
        assertThat(answer.keySet())
                .containsExactly("rows", "agree", "skipped", "sequence", "iova", "pa", "conclusion", "fetches");
        assertThat(answer.get("rows").getAsInt()).isEqualTo(3);
        assertThat(answer.get("pa").getAsString()).isEqualTo("0x4000102a");
        JsonArray fetches = answer.getAsJsonArray("fetches");
        assertThat(fetches.get(2)
                        .getAsJsonObject()
                        .getAsJsonObject("fields")
                        .get("AF")
                        .getAsString())
                .isEqualTo("0x1");
        run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--op", "0", "--iova", "0x1000", "--json");
        assertThat(JsonParser.parseString(out.toString())
                        .getAsJsonObject()
                        .get("pa")
                        .isJsonNull())
                .isTrue();
    }

    @Test
    void theLastRowBeforeTheEndIsTakenWhenNoneIsNamed() throws IOException {
        assertThat(run(VectorFiles.STAGE_1, "--seq", STAGE_1_SIZES, "--iova", "0x2a"))
                .isZero();
        assertThat(out.toString()).startsWith(STAGE_1_SIZES + " 0x2a\n");
    }

    private void assertBad(String reason, String file, String... arguments) throws IOException {
        assertThat(run(file, arguments)).isEqualTo(2);
        assertThat(err.toString()).contains(reason).doesNotContain("internal error");
    }

    @Test
    void whatIsNotThereIsRefused() throws IOException {
        assertBad("there is no sequence 'none'", VectorFiles.STAGE_1, "--seq", "none", "--iova", "0");
        assertBad(
                "there is no row 99; the last before the end is ",
                VectorFiles.SPLITS,
                "--seq",
                "v7s-ns-nc/split-multi",
                "--op",
                "99",
                "--iova",
                "0");
        assertBad(
                "its configuration is refused, so that there is no table",
                VectorFiles.CONFIGURATIONS,
                "--seq",
                "sweep3/alloc",
                "--iova",
                "0");
        assertBad("not a number of 31 bits", VectorFiles.SPLITS, "--seq", "a", "--op", "-1", "--iova", "0");
        assertBad("Missing required option: '--iova=A'", VectorFiles.SPLITS, "--seq", "a");
    }
}
