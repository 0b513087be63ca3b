package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.lab.kernel.OracleFiles;
import io.github.iommu4j.lab.pgtable.VectorFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever was done to recorded page-table calls, the command ends with an answer or with one line. */
class DamagedVectorsProperties {

    private static final List<String> FILES =
            List.of(VectorFiles.SPLITS, VectorFiles.MALI, VectorFiles.STAGE_1, VectorFiles.MEDIATEK);
    private static final int ENOUGH_LINES = 60;
    private static final Pattern NUMBER = Pattern.compile("0x[0-9a-f]+");
    private static final List<Long> EXTREMES =
            List.of(0L, 1L, 3L, 0xFFFL, 1L << 31, 1L << 48, Long.MAX_VALUE, -0x1000L, -1L);

    @FunctionalInterface
    private interface Damage {
        List<String> apply(List<String> lines);
    }

    @Property(tries = 120)
    void damagedTextIsAnsweredInOneLine(
            @ForAll @IntRange(min = 0, max = 3) int file,
            @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 0, max = 1 << 20) Integer> places,
            @ForAll @IntRange(min = 32, max = 126) int character)
            throws IOException {
        answered(FILES.get(file), lines -> {
            StringBuilder text = new StringBuilder(String.join("\n", lines));
            places.forEach(place -> text.setCharAt(place % text.length(), (char) character));
            return text.toString().lines().toList();
        });
    }

    @Property(tries = 100)
    void extremeNumbersAreAnsweredInOneLine(
            @ForAll @IntRange(min = 0, max = 3) int file,
            @ForAll long seed,
            @ForAll @IntRange(min = 0, max = 8) int extreme)
            throws IOException {
        Random random = new Random(seed);
        answered(FILES.get(file), lines -> {
            List<String> damaged = new ArrayList<>(lines);
            int line = random.nextInt(lines.size());
            String text = lines.get(line);
            List<MatchResult> numbers = NUMBER.matcher(text).results().toList();
            if (!numbers.isEmpty()) {
                MatchResult number = numbers.get(random.nextInt(Math.min(numbers.size(), 12)));
                damaged.set(
                        line,
                        text.substring(0, number.start())
                                + "0x" + Long.toHexString(EXTREMES.get(extreme))
                                + text.substring(number.end()));
            }
            return damaged;
        });
    }

    @Property(tries = 100)
    void lostAndDoubledLinesAreAnsweredInOneLine(@ForAll @IntRange(min = 0, max = 3) int file, @ForAll long seed)
            throws IOException {
        Random random = new Random(seed);
        answered(FILES.get(file), lines -> {
            List<String> damaged = new ArrayList<>(lines);
            String moved = damaged.remove(random.nextInt(damaged.size()));
            if (random.nextBoolean()) {
                damaged.add(random.nextInt(damaged.size()), moved);
            }
            return damaged;
        });
    }

    /** Whole sequences, enough for every operation. */
    private static List<String> firstSequences(List<String> lines) {
        int end = ENOUGH_LINES;
        while (end < lines.size() && !lines.get(end - 1).contains("\"t\":\"end\"")) {
            end++;
        }
        return lines.subList(0, end);
    }

    private static void answered(String name, Damage damage) throws IOException {
        Path directory = Files.createTempDirectory("damaged");
        Path file = VectorFiles.copy(directory, name);
        try {
            OracleFiles.write(file, damage.apply(firstSequences(OracleFiles.lines(file))));
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            int code =
                    new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run("pgtable", file.toString());
            assertThat(code).isBetween(0, 2);
            assertThat(err.toString()).doesNotContain("internal error");
            assertThat(err.toString().lines()).hasSize(code == 2 ? 1 : 0);
            assertThat(out.toString().isEmpty()).isEqualTo(code == 2);
        } finally {
            Files.delete(file);
            Files.delete(directory);
        }
    }
}
