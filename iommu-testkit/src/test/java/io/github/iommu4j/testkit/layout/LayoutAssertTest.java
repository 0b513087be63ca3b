package io.github.iommu4j.testkit.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.core.bits.BitField;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutAssertTest {

    static final class TwoWords {
        static final BitField V = bit(0), CONFIG = bits(3, 1), POINTER = bits(51, 6);
        static final BitField SECOND_WORD = bits(1, 0), LAST = bit(63);
    }

    static final class Overlapping {
        static final BitField CONFIG = bits(3, 1), POINTER = bits(51, 3);
    }

    record Register(int offset, int width) {}

    @Test
    void ascendingFieldsAreWords() {
        LayoutAssert.fieldsFormWords(TwoWords.class, 2);
    }

    @Test
    void aFieldOutOfPlaceIsOneWordTooMany() {
        assertThatThrownBy(() -> LayoutAssert.fieldsFormWords(TwoWords.class, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("2 words instead of 1")
                .hasMessageContaining("SECOND_WORD[1:0]");
    }

    @Test
    void overlappingFieldsAreNamed() {
        assertThatThrownBy(() -> LayoutAssert.fieldsFormWords(Overlapping.class, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessage("Overlapping: POINTER[51:3] overlaps CONFIG[3:1]");
    }

    @Test
    void fieldsOfAWordAreComparedWithEachOther() {
        LayoutAssert.disjoint(Map.of("LOW", bits(3, 0), "HIGH", bits(7, 4)));
        Map<String, BitField> overlapping = Map.of("LOW", bits(4, 0), "HIGH", bits(7, 4));
        assertThatThrownBy(() -> LayoutAssert.disjoint(overlapping))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("overlaps");
    }

    @Test
    void registersThatAscendAreAccepted() {
        LayoutAssert.offsetsAscend(
                List.of(new Register(0, 4), new Register(8, 8), new Register(16, 4)),
                Register::offset,
                Register::width);
    }

    @Test
    void registersThatOverlapOrAreMisalignedAreNamed() {
        List<Register> overlap = List.of(new Register(0, 8), new Register(4, 4));
        assertThatThrownBy(() -> LayoutAssert.offsetsAscend(overlap, Register::offset, Register::width))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("does not follow");
        List<Register> misaligned = List.of(new Register(4, 8));
        assertThatThrownBy(() -> LayoutAssert.offsetsAscend(misaligned, Register::offset, Register::width))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not aligned");
    }
}
