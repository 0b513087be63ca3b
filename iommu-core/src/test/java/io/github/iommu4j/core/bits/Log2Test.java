package io.github.iommu4j.core.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class Log2Test {

    @Property
    void everyFunctionEqualsUnsignedBigIntegerArithmetic(@ForAll long value, @ForAll @IntRange(max = 63) int lg2) {
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(value));
        BigInteger unit = BigInteger.TWO.pow(lg2);
        assertThat(Log2.isPowerOfTwo(value)).isEqualTo(unsigned.bitCount() == 1);
        assertThat(Log2.isAligned(value, lg2)).isEqualTo(unsigned.mod(unit).signum() == 0);
        assertThat(new BigInteger(Long.toUnsignedString(Log2.alignDown(value, lg2))))
                .isEqualTo(unsigned.subtract(unsigned.mod(unit)));
        assertThat(Log2.fits(value, lg2)).isEqualTo(unsigned.compareTo(unit) < 0);
        assertThat(new BigInteger(Long.toUnsignedString(Log2.mask(lg2)))).isEqualTo(unit.subtract(BigInteger.ONE));
        if (value != 0) {
            assertThat(Log2.floor(value)).isEqualTo(unsigned.bitLength() - 1);
        }
    }

    @Test
    void theWholeWordIsAMaskOf64BitsAndEverythingFitsIn64() {
        assertThat(Log2.mask(64)).isEqualTo(-1L);
        assertThat(Log2.fits(-1L, 64)).isTrue();
    }

    @Test
    void zeroHasNoLogarithm() {
        assertThatIllegalArgumentException().isThrownBy(() -> Log2.floor(0));
    }
}
