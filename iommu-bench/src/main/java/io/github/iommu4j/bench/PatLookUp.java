package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.tipat.hardware.Pat;
import io.github.iommu4j.tipat.hardware.PatInterconnect;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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

/** Look-ups of a TI PAT beside the one load of a table that each of them is made of. 16,384 pages of 4 KiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xmx1g", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class PatLookUp {

    private static final int PAGES = 1 << 14;
    private static final long PAGE = 1 << 12;
    private static final long DRAM = 0x8_8000_0000L;
    private static final long ENABLE_AND_HIGH = 1L << 63;
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

    private final PatInterconnect soc = PatInterconnect.j721e(new SparseMemory());
    private final Pat pat = soc.pats().get(0);
    private final Pat second = soc.pats().get(1);
    private final long window = pat.window().base();
    private final long secondWindow = second.window().base();
    private final long[] table = new long[PAGES];
    private long next;

    /** Programs two PATs: the first one leads to memory, the second one into the first. */
    @Setup
    public void program() {
        for (int page = 0; page < PAGES; page++) {
            long target = DRAM + (page * 7L & PAGES - 1) * PAGE;
            table[page] = ENABLE_AND_HIGH | target >>> 12;
            map(pat, page, target);
            map(second, page, window + page * PAGE);
        }
        pat.registers().write(0x10, 4, 1);
        second.registers().write(0x10, 4, 1);
        Checks.requireSame(pat.translate(1, window + 3 * PAGE + 8, Access.READ), DRAM + 21 * PAGE + 8);
        Checks.requireSame(soc.translate(1, secondWindow + 3 * PAGE + 8, Access.READ), DRAM + 21 * PAGE + 8);
        if ((onePatFloor() & PAGE - 1) != (next & PAGE - 1)) {
            throw new IllegalStateException("the floor goes elsewhere");
        }
    }

    private static void map(Pat pat, int page, long target) {
        long at = page / 256 * 0x1000L + page % 256 * 8L;
        pat.table().write(at, 4, target >>> 12);
        pat.table().write(at + 4, 4, 1L << 31 | target >>> 44);
    }

    private long someOffset() {
        next = next + 5 * PAGE + 8 & PAGES * PAGE - 1;
        return next;
    }

    /** One PAT, every page in turn. */
    @Benchmark
    public long onePat() {
        return pat.translate(1, -1, window + someOffset(), Access.READ_BIT);
    }

    /** The load of an entry, and the address put together. */
    @Benchmark
    public long onePatFloor() {
        return load(someOffset());
    }

    private long load(long offset) {
        long entry = (long) ENTRY.getAcquire(table, (int) (offset >>> 12));
        return entry << 12 | offset & PAGE - 1;
    }

    /** Five PATs on an interconnect, the access goes into one of them. */
    @Benchmark
    public long interconnect() {
        return soc.translate(1, -1, window + someOffset(), Access.READ_BIT);
    }

    /** The same one load. */
    @Benchmark
    public long interconnectFloor() {
        return load(someOffset());
    }

    /** Into one PAT, and out of it into another. */
    @Benchmark
    public long twoWindows() {
        return soc.translate(1, -1, secondWindow + someOffset(), Access.READ_BIT);
    }

    /** Two loads, the second at the place the first one names. */
    @Benchmark
    public long twoWindowsFloor() {
        long first = load(someOffset());
        return load(first & PAGES * PAGE - 1);
    }
}
