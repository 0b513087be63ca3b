package io.github.iommu4j.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.lab.capture.CaptureFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever was done to the files of a capture, every command ends with an answer or with one line. */
class DamagedCaptureProperties {

    private static final List<String> TABLES =
            List.of("regs.csv", "pages.csv", "qemu_translations.csv", "probe.csv", "walker_unmapped.csv", "events.csv");

    @Property(tries = 80)
    void damagedTablesAreAnsweredInOneLine(
            @ForAll @IntRange(min = 0, max = 5) int table,
            @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 0, max = 1 << 20) Integer> places,
            @ForAll @IntRange(min = 0, max = 127) int character)
            throws IOException {
        onACopy(capture -> {
            Path file = capture.resolve(TABLES.get(table));
            byte[] bytes = Files.readAllBytes(file);
            for (int place : places) {
                bytes[place % bytes.length] = (byte) character;
            }
            Files.write(file, bytes);
            assertAnswered(capture);
        });
    }

    @Property(tries = 40)
    void damagedRegistersAreAnsweredInOneLine(@ForAll @IntRange(min = 2, max = 34) int line, @ForAll long value)
            throws IOException {
        onACopy(capture -> {
            String cell = Long.toHexString(line % 2 == 0 ? value : value & 0xFFFF_FFFFL);
            CaptureFiles.setCell(capture.resolve("regs.csv"), line, "value", "0x" + cell);
            assertAnswered(capture);
        });
    }

    @Property(tries = 40)
    void damagedMemoryIsAnsweredInOneLine(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4096) int flips)
            throws IOException {
        onACopy(capture -> {
            byte[] content = CaptureFiles.gunzip(capture.resolve("pages.bin.gz"));
            Random random = new Random(seed);
            for (int i = 0; i < flips; i++) {
                content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
            }
            CaptureFiles.gzip(capture.resolve("pages.bin.gz"), content);
            assertAnswered(capture);
        });
    }

    private static void assertAnswered(Path capture) {
        String directory = capture.toString();
        for (String[] arguments : new String[][] {
            {"replay", directory},
            {"inspect", directory},
            {"explain", directory, "--sid", "0x29", "--iova", "0xffff20d8"}
        }) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            int code = new CommandLineProgram(new PrintWriter(out), new PrintWriter(err)).run(arguments);
            assertThat(code).isBetween(0, 2);
            assertThat(err.toString()).doesNotContain("internal error");
            assertThat(err.toString().lines()).hasSize(code == 2 ? 1 : 0);
            assertThat(out.toString().isEmpty()).isEqualTo(code == 2);
        }
    }

    @FunctionalInterface
    private interface Damage {
        void apply(Path capture) throws IOException;
    }

    private static void onACopy(Damage damage) throws IOException {
        Path temporary = Files.createTempDirectory("damaged");
        try {
            damage.apply(CaptureFiles.copyShipped(temporary));
        } finally {
            try (Stream<Path> files = Files.walk(temporary)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
