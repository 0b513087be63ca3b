package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Random pages of 1 GiB: 262,144 pages of 4 KiB, far more than the IOTLB holds. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class RandomGigabyte {

    private static final long INPUT = 0x12_0000_0000L;
    private static final int PAGES = 1 << 18;
    private static final long SEED = 0x9E37_79B9_7F4A_7C15L;

    private final Machine machine = new Machine();
    private final TranslationUnit smmu = Smmus.over(machine, CacheGeometry.DEFAULT);
    private long random = SEED;

    /** Maps the gigabyte for both streams. */
    @Setup
    public void map() {
        machine.mapStage1(INPUT, PAGES);
        machine.mapNested(INPUT, PAGES);
        Checks.requireSame(
                smmu.translate(Machine.STAGE1_STREAM, -1, INPUT + 0x3FFF_F008L, Access.READ_BIT),
                Bare.chase(machine.memory, machine.stage1.root(), INPUT + 0x3FFF_F008L));
        Checks.requireOk(nested());
    }

    private long someInput() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return INPUT + (random & PAGES * Machine.PAGE - 1);
    }

    /** Stage 1, default caches. */
    @Benchmark
    public long stage1() {
        return smmu.translate(Machine.STAGE1_STREAM, -1, someInput(), Access.READ_BIT);
    }

    /** Four dependent loads for a random page. */
    @Benchmark
    public long stage1Floor() {
        return Bare.chase(machine.memory, machine.stage1.root(), someInput());
    }

    /** Both stages, default caches. */
    @Benchmark
    public long nested() {
        return smmu.translate(Machine.NESTED_STREAM, -1, someInput(), Access.READ_BIT);
    }

    /** Twenty-four dependent loads for a random page. */
    @Benchmark
    public long nestedFloor() {
        return Bare.chaseNested(machine.memory, machine.stage2.root(), machine.nestedStage1.root(), someInput());
    }
}
