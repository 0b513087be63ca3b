package io.github.iommu4j.core.bits;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BitFieldTest {

    @Property
    void getEqualsArithmeticOnBigIntegers(
            @ForAll long raw, @ForAll @IntRange(max = 63) int one, @ForAll @IntRange(max = 63) int other) {
        int high = Math.max(one, other);
        int low = Math.min(one, other);
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(raw));
        BigInteger expected = unsigned.shiftRight(low).mod(BigInteger.TWO.pow(high - low + 1));
        BitField field = bits(high, low);
        assertThat(Long.toUnsignedString(field.get(raw))).isEqualTo(expected.toString());
        assertThat(field.inPlace(raw)).isEqualTo(field.of(field.get(raw)));
        assertThat(field.isSet(raw)).isEqualTo(expected.signum() != 0);
        assertThat(field.getInt(raw)).isEqualTo((int) field.get(raw));
    }

    @Property
    void withReplacesTheFieldAndNothingElse(
            @ForAll long raw,
            @ForAll long value,
            @ForAll @IntRange(max = 63) int one,
            @ForAll @IntRange(max = 63) int other) {
        BitField field = bits(Math.max(one, other), Math.min(one, other));
        long fitting = field.get(value);
        long changed = field.with(raw, fitting);
        assertThat(field.get(changed)).isEqualTo(fitting);
        assertThat(changed & ~field.mask()).isEqualTo(raw & ~field.mask());
    }

    @Test
    void aValueThatDoesNotFitIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> bits(3, 1).of(8))
                .withMessage("0x8 does not fit in [3:1]");
        assertThatIllegalArgumentException().isThrownBy(() -> bit(4).of(2)).withMessageContaining("[4]");
        assertThatIllegalArgumentException().isThrownBy(() -> bit(4).with(0, -1));
    }

    @Test
    void aFieldOutsideTheWordIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> bits(64, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> bits(3, 4));
        assertThatIllegalArgumentException().isThrownBy(() -> bits(3, -1));
    }

    @Test
    void boundsReadBackAsWritten() {
        assertThat(bits(51, 12).high()).isEqualTo(51);
        assertThat(bits(51, 12).low()).isEqualTo(12);
        assertThat(bits(63, 0).mask()).isEqualTo(-1L);
    }
}
