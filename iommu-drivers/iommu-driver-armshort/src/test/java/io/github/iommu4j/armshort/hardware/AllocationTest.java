package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.armshort.layout.M4uRegister;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** Hits and misses allocate nothing, and hits read nothing. */
class AllocationTest {

    private static final int ROUNDS = 20_000;
    /** What the measurement itself may allocate. */
    private static final long NOISE = 4096;

    private long sink;

    private static long allocated(Runnable work) throws ReflectiveOperationException {
        work.run();
        long before = allocatedBytes();
        work.run();
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

    private void translate(TranslationUnit unit, int stream) {
        for (int i = 0; i < ROUNDS; i++) {
            long packed = unit.translate(stream, -1, 0x1000L + (i & 0xFF8), Access.READ_BIT);
            assert Translations.isOk(packed);
            sink += packed;
        }
    }

    @Test
    void theM4uAllocatesNothing() throws ReflectiveOperationException {
        M4uBench cached = new M4uBench().level2(0x1000, 0x4000_1C42);
        assertThat(allocated(() -> translate(cached.m4u, M4uBench.MASTER))).isLessThan(NOISE);
        M4uBench plain = new M4uBench(builder -> builder.tlb(TlbGeometry.OFF)).level2(0x1000, 0x4000_1C42);
        assertThat(allocated(() -> translate(plain.m4u, M4uBench.MASTER))).isLessThan(NOISE);
        assertThat(plain.get(M4uRegister.FAULT_ST1)).isZero();
        assertThat(sink).isNotZero();
    }

    @Test
    void thePlainUnitAllocatesNothing() throws ReflectiveOperationException {
        for (TlbGeometry tlb : new TlbGeometry[] {TlbGeometry.DEFAULT, TlbGeometry.OFF}) {
            ArmBench bench = new ArmBench(ArmV7Capabilities.everything(), tlb);
            bench.level1(0, 0x4003_1C0E);
            assertThat(allocated(() -> translate(bench.mmu, 0))).isLessThan(NOISE);
        }
    }
}
