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

/** Translations that no IOTLB answers, beside the loads that they cannot do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class WalkMiss {

    private static final long INPUT = 0x12_3456_7000L;

    private final Machine machine = new Machine();
    private final TranslationUnit noTlb = Smmus.over(machine, CacheGeometry.DEFAULT.withoutTlb());
    private final TranslationUnit noCaches = Smmus.over(machine, CacheGeometry.OFF);

    private long last;

    /** Maps one page for each stream, and checks that the floors find what the SMMU finds. */
    @Setup
    public void map() {
        machine.mapStage1(INPUT, 1);
        machine.mapNested(INPUT, 1);
        Checks.requireSame(stage1(), stage1Floor());
        Checks.requireSame(nested(), nestedFloor());
        Checks.requireOk(stage1WithoutConfigCache());
    }

    /** Four levels of stage 1, configuration cached. */
    @Benchmark
    public long stage1() {
        return noTlb.translate(Machine.STAGE1_STREAM, -1, INPUT, Access.READ_BIT);
    }

    /** Four dependent loads. */
    @Benchmark
    public long stage1Floor() {
        return Bare.chase(machine.memory, machine.stage1.root(), INPUT);
    }

    /** Four levels of stage 1 over four of stage 2, configuration cached: 24 fetches. */
    @Benchmark
    public long nested() {
        return noTlb.translate(Machine.NESTED_STREAM, -1, INPUT, Access.READ_BIT);
    }

    /** Twenty-four dependent loads. */
    @Benchmark
    public long nestedFloor() {
        return Bare.chaseNested(machine.memory, machine.stage2.root(), machine.nestedStage1.root(), INPUT);
    }

    /** As {@link #stage1}, each access waiting for the answer to the one before, as dependent loads do. */
    @Benchmark
    public long stage1InTurn() {
        last = noTlb.translate(Machine.STAGE1_STREAM, -1, afterLast(), Access.READ_BIT);
        return last;
    }

    /** Four dependent loads, after the four before. */
    @Benchmark
    public long stage1InTurnFloor() {
        last = Bare.chase(machine.memory, machine.stage1.root(), afterLast());
        return last;
    }

    /** As {@link #nested}, each access waiting for the answer to the one before. */
    @Benchmark
    public long nestedInTurn() {
        last = noTlb.translate(Machine.NESTED_STREAM, -1, afterLast(), Access.READ_BIT);
        return last;
    }

    /** Twenty-four dependent loads, after the twenty-four before. */
    @Benchmark
    public long nestedInTurnFloor() {
        last = Bare.chaseNested(machine.memory, machine.stage2.root(), machine.nestedStage1.root(), afterLast());
        return last;
    }

    /** The same address every time, but not known before the last answer: no answer here is negative. */
    private long afterLast() {
        return INPUT + (last >>> 63);
    }

    /** The STE, the CD and four levels of stage 1. */
    @Benchmark
    public long stage1WithoutConfigCache() {
        return noCaches.translate(Machine.STAGE1_STREAM, -1, INPUT, Access.READ_BIT);
    }

    /** Eight words twice, and four dependent loads. */
    @Benchmark
    public long stage1WithoutConfigCacheFloor() {
        return Bare.structure(machine.memory, machine.streamEntry(Machine.STAGE1_STREAM))
                ^ Bare.structure(machine.memory, machine.descriptor())
                ^ Bare.chase(machine.memory, machine.stage1.root(), INPUT);
    }
}
