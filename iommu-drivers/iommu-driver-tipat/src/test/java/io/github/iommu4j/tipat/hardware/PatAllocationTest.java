package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.memory.SparseMemory;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** Look-ups allocate nothing, whatever they meet. */
class PatAllocationTest {

    private static final int ROUNDS = 20_000;
    /** What the measurement itself may allocate. */
    private static final long NOISE = 4096;

    private final PatInterconnect soc = PatInterconnect.j721e(new SparseMemory());
    private long sink;

    private void translate(long address) {
        for (int i = 0; i < ROUNDS; i++) {
            sink += soc.translate(3, -1, address, Access.READ_BIT);
        }
    }

    private long allocated(long address) throws ReflectiveOperationException {
        translate(address);
        long before = allocatedBytes();
        translate(address);
        return allocatedBytes() - before;
    }

    /** Through reflection: a module that has nothing to do with management does not require it for a test. */
    private static long allocatedBytes() throws ReflectiveOperationException {
        assumeTrue(
                ModuleLayer.boot().findModule("jdk.management").isPresent(),
                "skipped: this runtime was started without jdk.management");
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method bytes =
                Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
        return (long) bytes.invoke(threads, Thread.currentThread().getId());
    }

    @Test
    void hitsMissesLoopsAndPassingAccessesAllocateNothing() throws ReflectiveOperationException {
        Pat pat = soc.pats().get(0);
        Rig.control(pat, 1);
        Rig.map(pat, 0, 0x8000_0000L);
        Rig.map(pat, 1, Rig.BASE);
        Rig.map(pat, 2, Rig.BASE + 0x2000);
        assertThat(allocated(Rig.BASE)).isLessThan(NOISE);
        assertThat(allocated(Rig.BASE + 0x1000)).isLessThan(NOISE);
        assertThat(allocated(Rig.BASE + 0x2000)).isLessThan(NOISE);
        assertThat(allocated(Rig.BASE + 0x3000)).isLessThan(NOISE);
        assertThat(allocated(0x1234)).isLessThan(NOISE);
        assertThat(sink).isNotZero();
    }
}
