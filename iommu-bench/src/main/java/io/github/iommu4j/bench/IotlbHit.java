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

/** A translation that the IOTLB answers. It has no floor: nothing is read from memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class IotlbHit {

    private static final long INPUT = 0x12_3456_7000L;
    private static final int PAGES = 64;

    private final Machine machine = new Machine();
    private final TranslationUnit smmu = Smmus.over(machine, CacheGeometry.DEFAULT);
    private long next;

    /** Maps a few pages and warms the IOTLB. */
    @Setup
    public void map() {
        machine.mapStage1(INPUT, PAGES);
        machine.mapNested(INPUT, PAGES);
        for (int i = 0; i < PAGES; i++) {
            Checks.requireOk(onePage());
            Checks.requireOk(onePageOfNestedStages());
            pages();
        }
    }

    /** The same page again and again. */
    @Benchmark
    public long onePage() {
        return smmu.translate(Machine.STAGE1_STREAM, -1, INPUT + 0x123, Access.READ_BIT);
    }

    /** The same page of a nested stream: as cheap as one stage. */
    @Benchmark
    public long onePageOfNestedStages() {
        return smmu.translate(Machine.NESTED_STREAM, -1, INPUT + 0x123, Access.READ_BIT);
    }

    /** 64 pages in turn. */
    @Benchmark
    public long pages() {
        next = next + Machine.PAGE & PAGES * Machine.PAGE - 1;
        return smmu.translate(Machine.STAGE1_STREAM, -1, INPUT + next, Access.READ_BIT);
    }
}
