package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory types and shareability, overridden and combined (IHI 0070 §13). */
class MemoryTypesTest {

    private static final int INNER = 1 << 8;
    private static final int SH_OUTER = 2;
    private static final int SH_INNER = 3;

    private static MemoryAttributes attributes(int type, Shareability shareability) {
        return new MemoryAttributes(type, shareability);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00, 0x00",
        "0x04, 0x04",
        "0x0D, 0x0C",
        "0x03, 0x00",
        "0xFF, 0xFF",
        "0x44, 0x44",
        "0xF0, 0xF3",
        "0x40, 0x43",
        "0xBB, 0xBB"
    })
    void reservedMairBytesActAsOthers(String raw, String acts) {
        long mair = MemoryTypes.mair(Long.decode(raw) << 24, MemoryTypes.DEFAULT);
        assertThat(mair >>> 24 & 0xFF).isEqualTo(Long.decode(acts));
    }

    @Test
    void stageOneTakesTypeFromMairAndShareabilityFromTheDescriptor() {
        long mair = 0xFFL | 0x44L << 8 | 0x04L << 16;
        assertThat(MemoryTypes.unpack(MemoryTypes.stage1(mair, SH_INNER << 8)))
                .isEqualTo(attributes(0xFF, Shareability.INNER));
        assertThat(MemoryTypes.unpack(MemoryTypes.stage1(mair, 1 << 2)))
                .isEqualTo(attributes(0x44, Shareability.OUTER));
        assertThat(MemoryTypes.unpack(MemoryTypes.stage1(mair, 2 << 2 | SH_INNER << 8)))
                .isEqualTo(attributes(0x04, Shareability.OUTER));
    }

    @ParameterizedTest
    @CsvSource({
        // stage 1, MemAttr, combined
        "0x04, 15, 0x04", "0xFF, 5, 0x44", "0xFF, 15, 0xFF", "0xFF, 10, 0xBB", "0xBB, 15, 0xBB", "0x44, 15, 0x44",
        "0x0C, 1, 0x04", "0x04, 3, 0x04", "0xFF, 2, 0x08", "0xFF, 13, 0xF4", "0xF4, 10, 0xB4", "0xCC, 10, 0x88"
    })
    void theWeakerTypeWins(String first, int memAttr, String combined) {
        int result = MemoryTypes.stage2(Integer.decode(first), memAttr, 0, false);
        assertThat(result & 0xFF).isEqualTo(Integer.decode(combined));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 3, 1", "1, 0, 1", "1, 2, 2", "2, 3, 2", "1, 1, 1"})
    void theWiderShareabilityWins(int first, int field, int combined) {
        int result = MemoryTypes.stage2(0xFF | first << 8, 15, field, false);
        assertThat(result >>> 8).isEqualTo(combined);
    }

    @Test
    void deviceAndUncachedMemoryIsOuterShareable() {
        assertThat(MemoryTypes.unpack(MemoryTypes.stage2(0x04 | INNER, 15, 0, false)))
                .isEqualTo(attributes(0x04, Shareability.OUTER));
        assertThat(MemoryTypes.unpack(MemoryTypes.stage2(0xFF | INNER, 5, 0, false)))
                .isEqualTo(attributes(0x44, Shareability.OUTER));
    }

    @ParameterizedTest
    @CsvSource({
        // stage 1, MemAttr[2:0], combined
        "0x04, 6, 0xFF",
        "0x44, 6, 0xFF",
        "0xBB, 6, 0xFF",
        "0x04, 7, 0x04",
        "0xBB, 7, 0xBB",
        "0xFF, 5, 0x44",
        "0x04, 5, 0x04",
        "0xFF, 1, 0x04",
        "0x08, 1, 0x04"
    })
    void forcedWriteBackHasItsOwnCodes(String first, int memAttr, String combined) {
        int result = MemoryTypes.stage2(Integer.decode(first), memAttr, SH_OUTER, true);
        assertThat(result & 0xFF).isEqualTo(Integer.decode(combined));
    }

    @ParameterizedTest
    @CsvSource({
        // MemAttr or -1, ALLOCCFG, SHCFG, type, shareability
        "-1, 0, 1, 0xFF, NON_SHAREABLE", "-1, 0, 2, 0xFF, OUTER", "-1, 0, 3, 0xFF, INNER", "5, 0, 0, 0x44, OUTER",
        "4, 0, 3, 0x00, OUTER", "1, 0, 3, 0x04, OUTER", "10, 0, 3, 0xBB, INNER", "-1, 8, 1, 0xCC, NON_SHAREABLE",
        "-1, 12, 1, 0xEE, NON_SHAREABLE", "-1, 15, 1, 0x77, NON_SHAREABLE", "-1, 9, 1, 0xCC, NON_SHAREABLE"
    })
    void overridesReplaceTypeHintsAndShareability(
            int memAttr, int allocation, int shareability, String type, Shareability expected) {
        int result = MemoryTypes.overridden(memAttr, allocation, shareability);
        assertThat(MemoryTypes.unpack(result)).isEqualTo(attributes(Integer.decode(type), expected));
    }

    @Test
    void stageTwoDeviceMemoryIsToldByTheCodesInUse() {
        assertThat(MemoryTypes.isStage2Device(3, false)).isTrue();
        assertThat(MemoryTypes.isStage2Device(15, false)).isFalse();
        assertThat(MemoryTypes.isStage2Device(1, true)).isTrue();
        assertThat(MemoryTypes.isStage2Device(6, true)).isFalse();
    }
}
