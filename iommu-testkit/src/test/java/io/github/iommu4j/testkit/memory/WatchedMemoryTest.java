package io.github.iommu4j.testkit.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.core.memory.SparseMemory;
import org.junit.jupiter.api.Test;

class WatchedMemoryTest {

    @Test
    void everyAccessIsCountedAndPassedOn() {
        SparseMemory behind = new SparseMemory();
        WatchedMemory memory = new WatchedMemory(behind);
        memory.store64(0x100, 7);
        memory.store32(0x108, 9);
        assertThat(memory.compareAndSet64(0x100, 7, 8)).isTrue();
        assertThat(memory.compareAndSet64(0x100, 7, 9)).isFalse();
        assertThat(memory.load64(0x100)).isEqualTo(8);
        assertThat(memory.load32(0x108)).isEqualTo(9);
        assertThat(behind.load64(0x100)).isEqualTo(8);
        assertThat(memory.loads()).isEqualTo(2);
        assertThat(memory.stores()).isEqualTo(4);
    }

    @Test
    void refusedAccessesAreCounted() {
        WatchedMemory memory = new WatchedMemory(SparseMemory.empty());
        assertThatThrownBy(() -> memory.load64(0)).isInstanceOf(BusErrorException.class);
        assertThat(memory.loads()).isEqualTo(1);
    }
}
