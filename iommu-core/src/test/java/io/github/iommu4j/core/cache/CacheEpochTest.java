package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CacheEpochTest {

    @Test
    void noEpochComesTwice() {
        CacheEpoch epoch = new CacheEpoch();
        assertThat(epoch.now()).isZero();
        assertThat(epoch.now()).isZero();
        for (long n = 1; n < 100; n++) {
            epoch.advance();
            assertThat(epoch.now()).isEqualTo(n);
        }
    }
}
