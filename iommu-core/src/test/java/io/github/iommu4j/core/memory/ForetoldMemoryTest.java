package io.github.iommu4j.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ForetoldMemoryTest {

    private final SparseMemory memory = new SparseMemory();
    private final ForetoldMemory foretold = new ForetoldMemory(memory);

    @Test
    void anUpdateIsSeenHereAndNowhereElse() {
        memory.store64(0x40, 0x1_0000_0002L);

        assertThat(foretold.compareAndSet64(0x40, 7, 3)).isFalse();
        assertThat(foretold.compareAndSet64(0x40, 0x1_0000_0002L, 0x5_0000_0003L))
                .isTrue();

        assertThat(foretold.load64(0x40)).isEqualTo(0x5_0000_0003L);
        assertThat(foretold.load32(0x40)).isEqualTo(3);
        assertThat(foretold.load32(0x44)).isEqualTo(5);
        assertThat(foretold.load32(0x48)).isZero();
        assertThat(memory.load64(0x40)).isEqualTo(0x1_0000_0002L);
    }

    @Test
    void nothingCanBeStored() {
        assertThatThrownBy(() -> foretold.store64(0x40, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("0x40");
        assertThatThrownBy(() -> foretold.store32(0x44, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("0x44");
    }
}
