package io.github.iommu4j.core.pagetable;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class AddressFieldTest {

    private static final AddressField MTK =
            AddressField.inPlace(bits(31, 12)).piece(bit(9), 32).piece(bits(5, 4), 33);

    @Test
    void bitsInPlaceAreTheAddress() {
        AddressField field = AddressField.inPlace(bits(47, 12));
        assertThat(field.read(0x8000_1234_5678_9FFFL)).isEqualTo(0x1234_5678_9000L);
        assertThat(field.write(0x8000_1234_5678_9FFFL)).isEqualTo(0x1234_5678_9000L);
    }

    @Test
    void aShiftedAddressLiesLower() {
        AddressField ppn = AddressField.shifted(bits(53, 10), 12);
        assertThat(ppn.write(0x8000_1000L)).isEqualTo(0x2000_0400L);
        assertThat(ppn.read(0x2000_04FFL)).isEqualTo(0x8000_1000L);
    }

    @Test
    void piecesHoldWhatTheRunDoesNot() {
        assertThat(MTK.write(0x7_0500_0000L)).isEqualTo(0x0500_0230L);
        assertThat(MTK.read(0x0500_0E72L)).isEqualTo(0x7_0500_0000L);
    }

    @Property
    void everyAddressThatFitsIsReadBack(@ForAll long address) {
        long fits = address & 0x7_FFFF_F000L;
        assertThat(MTK.read(MTK.write(fits))).isEqualTo(fits);
        assertThat(MTK.holds(fits)).isTrue();
        assertThat(MTK.holds(address)).isEqualTo(address == fits);
    }

    @Test
    void aWrittenPieceIsNotRead() {
        AddressField field = AddressField.inPlace(bits(47, 12)).writtenPiece(bits(15, 12), 48);
        assertThat(field.write(1L << 48)).isEqualTo(0x1000);
        assertThat(field.read(0x1000)).isEqualTo(0x1000);
    }

    @Test
    void aRunIsUniformUpToWhereItOverflows() {
        assertThat(MTK.uniformRun(0xFFFF_E000L, 12)).isEqualTo(2);
        assertThat(MTK.uniformRun(0x1_0000_0000L, 20)).isEqualTo(4096);
    }

    @Test
    void aPieceIsFromAboveTheRun() {
        assertThatThrownBy(() -> AddressField.inPlace(bits(31, 12)).piece(bits(5, 4), 31))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFourthPieceIsRefused() {
        assertThatThrownBy(() -> MTK.piece(bit(6), 35)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAddressDoesNotLieHigherThanItsBits() {
        assertThatThrownBy(() -> AddressField.shifted(bits(31, 12), 11)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> AddressField.shifted(bits(31, 12), 50)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void patternsOverlapWhenOneWordFitsBoth() {
        BitPattern small = new BitPattern(0b10, 0b10);
        assertThat(small.overlaps(new BitPattern(0b11, 0b01))).isFalse();
        assertThat(small.overlaps(new BitPattern(0b11, 0b11))).isTrue();
        assertThat(small.overlaps(BitPattern.NEVER)).isFalse();
        assertThat(BitPattern.NEVER.overlaps(small)).isFalse();
        assertThat(BitPattern.NEVER.matches(0)).isFalse();
    }
}
