package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.TlbGeometry;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.memory.SparseMemory;
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

/** Translations through short descriptors: from the cache, and by a walk beside the two loads it cannot do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ShortDescriptors {

    private static final long ROOT = 0x8000_0000L;
    private static final long TABLES = 0x8010_0000L;
    private static final long INPUT = 0x1234_0000L;
    private static final long SECTIONS = 0x2000_0000L;
    private static final long PAGE = 4096;
    private static final int PAGES = 64;
    private static final int GIGABYTE_PAGES = 1 << 18;
    private static final long GIGABYTE = 0x4000_0000L;
    private static final int MASTER = 5;
    private static final long SEED = 0x9E37_79B9_7F4A_7C15L;

    private final SparseMemory memory = new SparseMemory();
    private final M4u m4u = m4u(TlbGeometry.DEFAULT);
    private final M4u m4uWithoutTlb = m4u(TlbGeometry.OFF);
    private final ArmV7Mmu mmu = mmu(TlbGeometry.DEFAULT);
    private final ArmV7Mmu mmuWithoutTlb = mmu(TlbGeometry.OFF);
    private long next;
    private long last;
    private long random = SEED;

    private M4u m4u(TlbGeometry tlb) {
        M4u unit = M4u.builder(memory).tlb(tlb).build();
        unit.registers().write(M4uRegister.PT_BASE_ADDR.offset(), 4, ROOT);
        unit.larb(0).registers().write(0xF00, 4, 1 << MASTER);
        return unit;
    }

    private ArmV7Mmu mmu(TlbGeometry tlb) {
        ArmV7Mmu unit = ArmV7Mmu.builder(memory).tlb(tlb).build();
        long[][] values = {
            {ArmV7Register.TTBR0.offset(), ROOT},
            {ArmV7Register.PRRR.offset(), 0x800B_8204L},
            {ArmV7Register.NMRR.offset(), 0x4000_4000L},
            {ArmV7Register.DACR.offset(), 1},
            {ArmV7Register.SCTLR.offset(), 1 | 1 << 28 | 1 << 29}
        };
        for (long[] value : values) {
            unit.registers().write(value[0], 4, value[1]);
        }
        return unit;
    }

    /** Maps pages, a section and a gigabyte, with descriptors that both faces read the same. */
    @Setup
    public void map() {
        for (int page = 0; page < PAGES; page++) {
            mapPage(INPUT + page * PAGE);
        }
        for (int page = 0; page < GIGABYTE_PAGES; page++) {
            mapPage(GIGABYTE + page * PAGE);
        }
        memory.store32(ROOT + (SECTIONS >>> 18), 0x4003_1C02);
        for (int i = 0; i < PAGES; i++) {
            Checks.requireOk(m4uPage());
            Checks.requireOk(m4uPages());
            Checks.requireOk(m4uSection());
            Checks.requireOk(mmuPage());
        }
        Checks.requireSame(m4uMiss(), m4uMissFloor());
        Checks.requireSame(mmuMiss(), mmuMissFloor());
    }

    private void mapPage(long input) {
        long table = TABLES + (input >>> 20 << 10);
        memory.store32(ROOT + (input >>> 20 << 2), (int) table | 1);
        memory.store32(table + (input >>> 12 & 255) * 4, (int) input ^ 0x7000_0000 | 0xC72);
    }

    private long loads(long input) {
        int first = memory.load32(ROOT + (input >>> 20 << 2));
        int second = memory.load32((first & 0xFFFF_FC00L) + (input >>> 12 & 255) * 4);
        return second & 0xFFFF_F000L | input & 0xFFF;
    }

    private long somePage() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return GIGABYTE + (random & GIGABYTE_PAGES * PAGE - 1);
    }

    /** The M4U, the same page again and again. */
    @Benchmark
    public long m4uPage() {
        return m4u.translate(MASTER, -1, INPUT + 0x123, Access.READ_BIT);
    }

    /** The M4U, 64 pages in turn. */
    @Benchmark
    public long m4uPages() {
        next = next + PAGE & PAGES * PAGE - 1;
        return m4u.translate(MASTER, -1, INPUT + next, Access.READ_BIT);
    }

    /** The M4U, a section, which is looked for after the page of that address. */
    @Benchmark
    public long m4uSection() {
        return m4u.translate(MASTER, -1, SECTIONS + 0x4_5678, Access.READ_BIT);
    }

    /** The plain unit, the same page again and again. */
    @Benchmark
    public long mmuPage() {
        return mmu.translate(0, -1, INPUT + 0x123, Access.READ_BIT);
    }

    /** The M4U without a cache: two levels. */
    @Benchmark
    public long m4uMiss() {
        return m4uWithoutTlb.translate(MASTER, -1, INPUT, Access.READ_BIT);
    }

    /** Two dependent loads. */
    @Benchmark
    public long m4uMissFloor() {
        return loads(INPUT);
    }

    /** As {@link #m4uMiss}, each access waiting for the answer to the one before. */
    @Benchmark
    public long m4uMissInTurn() {
        last = m4uWithoutTlb.translate(MASTER, -1, INPUT + (last >>> 63), Access.READ_BIT);
        return last;
    }

    /** Two dependent loads, after the two before. */
    @Benchmark
    public long m4uMissInTurnFloor() {
        last = loads(INPUT + (last >>> 63));
        return last;
    }

    /** The plain unit without a cache: two levels, permissions and types. */
    @Benchmark
    public long mmuMiss() {
        return mmuWithoutTlb.translate(0, -1, INPUT, Access.READ_BIT);
    }

    /** Two dependent loads. */
    @Benchmark
    public long mmuMissFloor() {
        return loads(INPUT);
    }

    /** The M4U with its cache, random pages of a gigabyte: nearly always a miss, and an entry goes for each. */
    @Benchmark
    public long m4uGigabyte() {
        return m4u.translate(MASTER, -1, somePage(), Access.READ_BIT);
    }

    /** Two dependent loads for a random page. */
    @Benchmark
    public long m4uGigabyteFloor() {
        return loads(somePage());
    }
}
