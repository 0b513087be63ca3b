package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.vtd.hardware.CacheGeometry;
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

/** VT-d: translations that the IOTLB answers, and walks beside the loads that they cannot do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class VtdTranslations {

    private static final long INPUT = 0x12_3456_7000L;
    private static final int PAGES = 64;

    private final VtdMachine machine = new VtdMachine();
    private final TranslationUnit cached = machine.unit(CacheGeometry.DEFAULT);
    private final TranslationUnit noTlb = machine.unit(CacheGeometry.DEFAULT.withoutIotlb());
    private long next;
    private long last;

    /** Maps a few pages, warms the IOTLB, and checks that the floors find what the unit finds. */
    @Setup
    public void map() {
        machine.map(INPUT, PAGES);
        for (int i = 0; i < PAGES; i++) {
            Checks.requireOk(onePage());
            Checks.requireOk(onePageOfNestedStages());
            Checks.requireOk(pages());
        }
        Checks.requireSame(secondStage(), secondStageFloor());
        Checks.requireSame(firstStage(), firstStageFloor());
        Checks.requireSame(nested(), nestedFloor());
    }

    /** The same page again and again. */
    @Benchmark
    public long onePage() {
        return cached.translate(VtdMachine.SID, VtdMachine.SECOND_STAGE, INPUT + 0x123, Access.READ_BIT);
    }

    /** The same page of nested stages: as cheap as one stage. */
    @Benchmark
    public long onePageOfNestedStages() {
        return cached.translate(VtdMachine.SID, VtdMachine.NESTED, INPUT + 0x123, Access.READ_BIT);
    }

    /** 64 pages in turn. */
    @Benchmark
    public long pages() {
        next = next + VtdMachine.PAGE & PAGES * VtdMachine.PAGE - 1;
        return cached.translate(VtdMachine.SID, VtdMachine.SECOND_STAGE, INPUT + next, Access.READ_BIT);
    }

    /** Four levels of the second stage, structures cached. */
    @Benchmark
    public long secondStage() {
        return noTlb.translate(VtdMachine.SID, VtdMachine.SECOND_STAGE, INPUT, Access.READ_BIT);
    }

    /** Four dependent loads. */
    @Benchmark
    public long secondStageFloor() {
        return Bare.chase(machine.memory, machine.second.root(), INPUT);
    }

    /** Four levels of the first stage, structures cached. */
    @Benchmark
    public long firstStage() {
        return noTlb.translate(VtdMachine.SID, VtdMachine.FIRST_STAGE, INPUT, Access.READ_BIT);
    }

    /** Four dependent loads. */
    @Benchmark
    public long firstStageFloor() {
        return Bare.chase(machine.memory, machine.first.root(), INPUT);
    }

    /** Four levels of the first stage over four of the second, structures cached: 24 fetches. */
    @Benchmark
    public long nested() {
        return noTlb.translate(VtdMachine.SID, VtdMachine.NESTED, INPUT, Access.READ_BIT);
    }

    /** Twenty-four dependent loads. */
    @Benchmark
    public long nestedFloor() {
        return Bare.chaseNested(machine.memory, machine.nestedSecond.root(), machine.nestedFirst.root(), INPUT);
    }

    /** As {@link #secondStage}, each access waiting for the answer to the one before. */
    @Benchmark
    public long secondStageInTurn() {
        last = noTlb.translate(VtdMachine.SID, VtdMachine.SECOND_STAGE, afterLast(), Access.READ_BIT);
        return last;
    }

    /** Four dependent loads, after the four before. */
    @Benchmark
    public long secondStageInTurnFloor() {
        last = Bare.chase(machine.memory, machine.second.root(), afterLast());
        return last;
    }

    /** As {@link #nested}, each access waiting for the answer to the one before. */
    @Benchmark
    public long nestedInTurn() {
        last = noTlb.translate(VtdMachine.SID, VtdMachine.NESTED, afterLast(), Access.READ_BIT);
        return last;
    }

    /** Twenty-four dependent loads, after the twenty-four before. */
    @Benchmark
    public long nestedInTurnFloor() {
        last = Bare.chaseNested(machine.memory, machine.nestedSecond.root(), machine.nestedFirst.root(), afterLast());
        return last;
    }

    private long afterLast() {
        return INPUT + (last >>> 63);
    }
}
