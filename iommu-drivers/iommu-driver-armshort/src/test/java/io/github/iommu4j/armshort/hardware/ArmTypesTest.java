package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory types with and without TEX remap (Arm DDI 0406C B3.8). */
class ArmTypesTest {

    private static final int SECTION = 0x4003_0C02;

    private final ArmBench bench = new ArmBench();

    private MemoryAttributes typeOf(int sctlr, int texCb, int s) {
        bench.set(ArmV7Register.SCTLR, sctlr).set(ArmV7Register.TLBIALL, 0);
        bench.level1(0, SECTION & ~(1 << 16) | s << 16 | (texCb >>> 2) << 12 | (texCb & 3) << 2);
        return bench.ok(0).attributes();
    }

    @ParameterizedTest
    @CsvSource({
        "0b00000, 0x00, OUTER, OUTER",
        "0b00001, 0x04, OUTER, OUTER",
        "0b00010, 0xAA, NON_SHAREABLE, OUTER",
        "0b00011, 0xEE, NON_SHAREABLE, OUTER",
        "0b00100, 0x44, OUTER, OUTER",
        "0b00101, 0x00, OUTER, OUTER",
        "0b00110, 0x00, OUTER, OUTER",
        "0b00111, 0xFF, NON_SHAREABLE, OUTER",
        "0b01000, 0x04, OUTER, OUTER",
        "0b01001, 0x00, OUTER, OUTER",
        "0b01010, 0x00, OUTER, OUTER",
        "0b01111, 0x00, OUTER, OUTER",
        "0b10000, 0x44, OUTER, OUTER",
        "0b10001, 0x4F, NON_SHAREABLE, OUTER",
        "0b10110, 0xFA, NON_SHAREABLE, OUTER",
        "0b11011, 0xAE, NON_SHAREABLE, OUTER",
        "0b11101, 0xEF, NON_SHAREABLE, OUTER",
        "0b11111, 0xEE, NON_SHAREABLE, OUTER"
    })
    void withoutRemapTexCAndBAreTheType(String texCb, String type, String alone, String shared) {
        int bits = Integer.parseInt(texCb.substring(2), 2);
        MemoryAttributes without = typeOf(ArmBench.M | ArmBench.AFE, bits, 0);
        assertThat(without.type()).isEqualTo(Integer.decode(type));
        assertThat(without.shareability()).hasToString(alone);
        MemoryAttributes with = typeOf(ArmBench.M | ArmBench.AFE, bits, 1);
        assertThat(with.type()).isEqualTo(Integer.decode(type));
        assertThat(with.shareability()).hasToString(shared);
    }

    /** What Linux programs: PRRR 0x800B8204, NMRR 0x40004000. */
    @ParameterizedTest
    @CsvSource({
        "0b00001, 1, 0x04, OUTER",
        "0b00100, 1, 0x44, OUTER",
        "0b00111, 1, 0xFF, INNER",
        "0b00111, 0, 0xFF, NON_SHAREABLE",
        "0b11111, 1, 0xFF, INNER",
        "0b01100, 1, 0x44, OUTER",
        "0b00000, 1, 0x00, OUTER",
        "0b00010, 1, 0x00, OUTER"
    })
    void remappedByLinuxsRegisters(String texCb, int s, String type, String shareability) {
        MemoryAttributes attributes = typeOf(ArmBench.LINUX, Integer.parseInt(texCb.substring(2), 2), s);
        assertThat(attributes.type()).isEqualTo(Integer.decode(type));
        assertThat(attributes.shareability()).hasToString(shareability);
    }

    @Test
    void everyIndexHasItsOwnFields() {
        for (int n = 0; n < 8; n++) {
            bench.set(ArmV7Register.PRRR, 2 << 2 * n | 1 << 18 | 1 << 24 + n)
                    .set(ArmV7Register.NMRR, 3 << 2 * n | 2 << 16 + 2 * n);
            MemoryAttributes inner = typeOf(ArmBench.LINUX, n, 0);
            assertThat(inner).hasToString("type=0xae INNER");
            assertThat(typeOf(ArmBench.LINUX, n, 1)).hasToString("type=0xae NON_SHAREABLE");
            bench.set(ArmV7Register.PRRR, 2 << 2 * n | 1 << 19);
            assertThat(typeOf(ArmBench.LINUX, n, 1)).hasToString("type=0xae OUTER");
            bench.set(ArmV7Register.PRRR, 3 << 2 * n | 1 << 19);
            assertThat(typeOf(ArmBench.LINUX, n, 1)).hasToString("type=0x0 OUTER");
        }
    }
}
