package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Register files that a guest's own driver set up, captured from an emulator. */
class CapturedRegistersTest {

    private static final Path CORPUS = Path.of(System.getProperty("iommu.corpus", "../shared/corpus"), "qemu");

    @TestFactory
    Stream<DynamicTest> aCapturedRegisterFileCanBeProgrammedAndReadBack() throws IOException {
        if (!Files.isDirectory(CORPUS)) {
            System.out.println("skipped: no corpus at " + CORPUS.toAbsolutePath());
            Assumptions.abort("no corpus at " + CORPUS.toAbsolutePath());
        }
        List<Path> captures = new ArrayList<>();
        try (var directories = Files.newDirectoryStream(CORPUS, "smmu-*")) {
            directories.forEach(captures::add);
        }
        assertThat(captures).isNotEmpty();
        return captures.stream()
                .map(capture -> DynamicTest.dynamicTest(
                        capture.getFileName().toString(), () -> programAndReadBack(load(capture.resolve("regs.csv")))));
    }

    private static Map<SmmuRegister, Long> load(Path csv) throws IOException {
        Map<SmmuRegister, Long> registers = new LinkedHashMap<>();
        for (String line :
                Files.readAllLines(csv).subList(1, Files.readAllLines(csv).size())) {
            String[] cells = line.split(",", -1);
            SmmuRegister register = SmmuRegister.valueOf(cells[0]);
            assertThat(register.offset()).as(cells[0]).isEqualTo(Integer.decode(cells[1]));
            assertThat(register.width()).as(cells[0]).isEqualTo(Integer.parseInt(cells[2]));
            registers.put(register, Long.decode(cells[3]));
        }
        return registers;
    }

    private static long value(Map<SmmuRegister, Long> captured, SmmuRegister register) {
        return Objects.requireNonNull(captured.get(register), register.name());
    }

    /** The capture's CR2.PTM is left out: it is RES0 on a part without broadcast maintenance, as these are. */
    private static void programAndReadBack(Map<SmmuRegister, Long> captured) {
        Smmuv3Capabilities capabilities = Smmuv3Capabilities.fromIdRegisters(
                (int) value(captured, SmmuRegister.IDR0),
                (int) value(captured, SmmuRegister.IDR1),
                (int) value(captured, SmmuRegister.IDR3),
                (int) value(captured, SmmuRegister.IDR5),
                (int) value(captured, SmmuRegister.AIDR));
        Bench bench = new Bench(capabilities);
        captured.forEach((register, value) -> {
            if (register != SmmuRegister.CR0 && register != SmmuRegister.GBPA) {
                bench.write(register, value);
            }
        });
        bench.write(SmmuRegister.GBPA, value(captured, SmmuRegister.GBPA) | 0x8000_0000L);
        bench.write(SmmuRegister.CR0, value(captured, SmmuRegister.CR0));
        captured.forEach((register, value) -> {
            long expected = register == SmmuRegister.CR2 ? value & ~4L : value;
            assertThat(bench.read(register)).as(register.name()).isEqualTo(expected);
        });
        assertThat(bench.log).as("indexes agree: nothing to consume").isEmpty();
    }
}
