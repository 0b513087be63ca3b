package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.memory.Allocation;
import org.junit.jupiter.api.Test;

/** Look-ups allocate nothing, whatever they meet. */
class PatAllocationTest {

    private static final int ROUNDS = 20_000;

    private final PatInterconnect soc = PatInterconnect.j721e(new SparseMemory());
    private long sink;

    private void translate(long address) {
        for (int i = 0; i < ROUNDS; i++) {
            sink += soc.translate(3, -1, address, Access.READ_BIT);
        }
    }

    private long allocated(long address) throws ReflectiveOperationException {
        return Allocation.of(() -> translate(address));
    }

    @Test
    void hitsMissesLoopsAndPassingAccessesAllocateNothing() throws ReflectiveOperationException {
        Pat pat = soc.pats().get(0);
        Rig.control(pat, 1);
        Rig.map(pat, 0, 0x8000_0000L);
        Rig.map(pat, 1, Rig.BASE);
        Rig.map(pat, 2, Rig.BASE + 0x2000);
        assertThat(allocated(Rig.BASE)).isLessThan(Allocation.NOISE);
        assertThat(allocated(Rig.BASE + 0x1000)).isLessThan(Allocation.NOISE);
        assertThat(allocated(Rig.BASE + 0x2000)).isLessThan(Allocation.NOISE);
        assertThat(allocated(Rig.BASE + 0x3000)).isLessThan(Allocation.NOISE);
        assertThat(allocated(0x1234)).isLessThan(Allocation.NOISE);
        assertThat(sink).isNotZero();
    }
}
