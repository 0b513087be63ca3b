package io.github.iommu4j.testkit.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardedMemoryTest {

    private final SparseMemory memory = new SparseMemory();
    private final List<String> asked = new ArrayList<>();

    @Test
    void theGuardIsAskedBeforeEachAccess() {
        GuardedMemory guarded = new GuardedMemory(memory, (address, access) -> asked.add(access + " " + address));

        guarded.store64(8, 5);
        guarded.store32(16, 6);

        assertThat(guarded.load64(8)).isEqualTo(5);
        assertThat(guarded.load32(16)).isEqualTo(6);
        assertThat(guarded.compareAndSet64(8, 5, 7)).isTrue();
        assertThat(guarded.compareAndSet64(8, 5, 9)).isFalse();
        assertThat(memory.load64(8)).isEqualTo(7);
        assertThat(asked).containsExactly("WRITE 8", "WRITE 16", "READ 8", "READ 16", "WRITE 8", "WRITE 8");
    }

    @Test
    void whatTheGuardForbidsDoesNotHappen() {
        GuardedMemory guarded = new GuardedMemory(memory, (address, access) -> {
            if (access == Access.WRITE) {
                throw new AssertionError("no writing");
            }
        });

        assertThatThrownBy(() -> guarded.store64(8, 5)).hasMessage("no writing");
        assertThatThrownBy(() -> guarded.compareAndSet64(8, 0, 5)).hasMessage("no writing");
        assertThat(guarded.load64(8)).isZero();
    }
}
