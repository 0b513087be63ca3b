package io.github.iommu4j.smmuv3.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference answers as an emulator of another hand did, wherever an independent walker confirms the emulator. */
class ReferenceCorpusTest {

    private static final Map<String, Integer> EVENTS = Map.of(
            "C_BAD_STREAMID", 0x02,
            "F_STE_FETCH", 0x03,
            "C_BAD_STE", 0x04,
            "F_CD_FETCH", 0x09,
            "C_BAD_CD", 0x0A,
            "F_WALK_EABT", 0x0B,
            "F_TRANSLATION", 0x10,
            "F_ADDR_SIZE", 0x11,
            "F_ACCESS", 0x12,
            "F_PERMISSION", 0x13);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "smmu-01-dt-virtio-strict",
                "smmu-02-vfio-blocks",
                "smmu-05-inflight",
                "smmu-06-stage2",
                "smmu-syn-01-linear-s1",
                "smmu-syn-04-s2-nested-q10"
            })
    void confirmedProbesAnswerAsRecorded(String scenario) throws IOException {
        Path folder = Path.of(System.getProperty("iommu.corpus", "../shared/corpus"), "qemu", scenario);
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> "no corpus at " + folder);
        ReferenceSmmu smmu = smmu(folder);
        int checked = 0;
        for (Map<String, String> probe : rows(folder.resolve("probe.csv"))) {
            if (!"1".equals(probe.get("agree"))) {
                continue;
            }
            int access = ("W".equals(probe.get("access")) ? Access.WRITE : Access.READ).bits();
            Verdict verdict = smmu.translate((int) number(probe, "sid"), -1, number(probe, "iova"), access);
            String expected = probe.getOrDefault("qemu_verdict", "");
            switch (expected) {
                case "OK" -> {
                    assertGoesTo(probe, verdict);
                    assertThat(1L << Translations.sizeLg2(verdict.packed()))
                            .as("%s", probe)
                            .isEqualTo(number(probe, "walker_size"));
                }
                case "BYPASS" -> assertGoesTo(probe, verdict);
                default -> {
                    assertThat(verdict.isOk()).as("%s: %s", probe, verdict).isFalse();
                    int event = "ABORT".equals(expected) ? 0 : number(probe);
                    assertThat(verdict.code()).as("%s: %s", probe, verdict).isEqualTo(event);
                }
            }
            checked++;
        }
        assertThat(checked).isGreaterThan(100);
    }

    private static void assertGoesTo(Map<String, String> probe, Verdict verdict) {
        assertThat(verdict.isOk()).as("%s: %s", probe, verdict).isTrue();
        assertThat(Translations.pa(verdict.packed())).as("%s", probe).isEqualTo(number(probe, "qemu_pa"));
    }

    private static int number(Map<String, String> probe) {
        return Objects.requireNonNull(EVENTS.get(probe.get("qemu_event")), () -> "event of " + probe);
    }

    private static ReferenceSmmu smmu(Path folder) throws IOException {
        SparseMemory memory = SparseMemory.empty();
        byte[] stored;
        try (InputStream pages = new GZIPInputStream(Files.newInputStream(folder.resolve("pages.bin.gz")))) {
            stored = pages.readAllBytes();
        }
        ByteBuffer words = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN);
        for (Map<String, String> page : rows(folder.resolve("pages.csv"))) {
            long address = number(page, "gpa");
            memory.addRam(address, 4096);
            int offset = (int) number(page, "offset");
            for (int i = 0; offset >= 0 && i < 4096; i += 8) {
                memory.store64(address + i, words.getLong(offset + i));
            }
        }
        Map<String, Long> registers = new HashMap<>();
        for (Map<String, String> register : rows(folder.resolve("regs.csv"))) {
            registers.put(register.get("name"), number(register, "value"));
        }
        return new ReferenceSmmu(
                memory,
                new IdRegisters(
                        at(registers, "IDR0"),
                        at(registers, "IDR1"),
                        at(registers, "IDR3"),
                        at(registers, "IDR5"),
                        at(registers, "AIDR")),
                new ControlRegisters(
                        at(registers, "CR0ACK"),
                        at(registers, "CR2"),
                        at(registers, "GBPA"),
                        registers.getOrDefault("STRTAB_BASE", 0L),
                        at(registers, "STRTAB_BASE_CFG")));
    }

    private static int at(Map<String, Long> registers, String name) {
        return registers.getOrDefault(name, 0L).intValue();
    }

    private static List<Map<String, String>> rows(Path csv) throws IOException {
        List<String> lines = Files.readAllLines(csv);
        String[] names = lines.get(0).split(",", -1);
        List<Map<String, String>> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.split(",", -1);
            Map<String, String> row = new HashMap<>();
            for (int i = 0; i < names.length && i < values.length; i++) {
                row.put(names[i], values[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    private static long number(Map<String, String> row, String column) {
        String text = row.getOrDefault(column, "0");
        return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
    }
}
