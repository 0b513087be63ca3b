package io.github.iommu4j.testkit.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ManualTickerTest {

    private final ManualTicker ticker = new ManualTicker();

    @Test
    void timeStandsStillUntilItIsMoved() {
        assertThat(ticker.getAsLong()).isZero();
        assertThat(ticker.getAsLong()).isZero();
        ticker.advance(Duration.ofMillis(5));
        ticker.advance(Duration.ZERO);
        assertThat(ticker.getAsLong()).isEqualTo(5_000_000);
        assertThat(ticker).hasToString("PT0.005S");
    }

    @Test
    void stepsOfManyThreadsAddUp() {
        IntStream.range(0, 10_000).parallel().forEach(each -> ticker.advance(Duration.ofNanos(3)));
        assertThat(ticker.getAsLong()).isEqualTo(30_000);
    }

    @Test
    void timeDoesNotGoBackAndDoesNotWrap() {
        ticker.advance(Duration.ofNanos(Long.MAX_VALUE));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ticker.advance(Duration.ofNanos(-1)))
                .withMessage("time does not go back, by PT-0.000000001S");
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> ticker.advance(Duration.ofNanos(1)));
        assertThat(ticker.getAsLong()).isEqualTo(Long.MAX_VALUE);
    }
}
