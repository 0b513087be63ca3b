package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.Subjects.Subject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two threads in one table, on addresses of their own and without a lock. */
class PageTableThreadsTest {

    private static final int THREADS = 2;

    private final SparseMemory memory = new SparseMemory();
    private final ArenaAllocator arena =
            new ArenaAllocator(memory, TableRig.ARENA, TableRig.ARENA_SIZE, new PlainLocking());

    static Stream<Subject> subjects() {
        return Subjects.all().stream();
    }

    private PageTable create(Subject subject) {
        return subject.create(PageTableEnvironment.builder(memory, arena));
    }

    private static void together(int rounds, IntConsumer work) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<CompletableFuture<Void>> threads = IntStream.range(0, THREADS)
                .mapToObj(number -> CompletableFuture.runAsync(
                        () -> {
                            for (int round = 0; round < rounds; round++) {
                                meet(start);
                                work.accept(number);
                            }
                        },
                        // Not the common pool: it may have one worker only.
                        task -> new Thread(task).start()))
                .toList();
        for (CompletableFuture<Void> thread : threads) {
            thread.get(120, TimeUnit.SECONDS);
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    /** Where an address goes, in any format. */
    private static long pa(long iova) {
        return iova & 0xFFFF_FFFFL;
    }

    private static void map(PageTable table, long iova, long size, long count) {
        for (long done = 0; done < count; ) {
            MapProgress progress = new MapProgress();
            table.map(iova + done * size, pa(iova + done * size), size, count - done, Prot.READ_WRITE, progress);
            done += progress.mapped() / size;
        }
    }

    private static void unmap(PageTable table, long iova, long size, long count) {
        for (long done = 0; done < count; ) {
            long unmapped = table.unmap(iova + done * size, size, count - done, new IotlbGather());
            assertThat(unmapped).isPositive();
            done += unmapped / size;
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void neighboursMapAndUnmapInTheSameTables(Subject subject) throws Exception {
        PageTable table = create(subject);
        PageTableFormat format = table.format();
        long page = format.pageSizes().smallest();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -1L << format.inputBits();
        long spread = (1L << format.inputBits()) / 16;
        together(300, number -> {
            for (int k = 0; k < 16; k++) {
                long iova = first + k * spread + 5L * number * page;
                map(table, iova, page, 5);
                assertThat(table.iovaToPhys(iova + 4 * page + 3)).isEqualTo(pa(iova + 4 * page + 3));
                unmap(table, iova, page, 3);
                unmap(table, iova + 3 * page, page, 2);
                assertThat(table.iovaToPhys(iova)).isZero();
            }
        });
        table.forEachLeaf((iova, span, descriptor, pa) -> {
            throw new AssertionError("0x" + Long.toHexString(iova) + " is still mapped");
        });
        table.destroy();
        assertThat(arena.live()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void bothMayNeedTheSameNewTable(Subject subject) throws Exception {
        PageTableFormat format = create(subject).format();
        long page = format.pageSizes().smallest();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -1L << format.inputBits();
        for (int round = 0; round < 200; round++) {
            PageTable table = create(subject);
            int before = arena.live().size();
            together(1, number -> map(table, first + number * page, page, 1));
            int tables = arena.live().size() - before + 1;
            assertThat(tables).isEqualTo(format.levels().size());
            assertThat(table.iovaToPhys(first + 2 * page - 1)).isEqualTo(pa(first + 2 * page - 1));
            table.destroy();
            assertThat(arena.live()).hasSize(before - 1);
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void bothMaySplitTheSameLeaf(Subject subject) throws Exception {
        PageTable table = create(subject);
        PageTableFormat format = table.format();
        long page = format.pageSizes().smallest();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -1L << format.inputBits();
        for (long left = format.pageSizes().bitmap() & ~page; left != 0; left &= left - 1) {
            long size = Long.lowestOneBit(left);
            if (size > 1L << 34) {
                continue;
            }
            for (int round = 0; round < 60; round++) {
                table.map(first, 0, size, 1, Prot.READ_WRITE, new MapProgress());
                long distance = (round & 1) == 0 ? page : size / 2;
                together(
                        1,
                        number -> assertThat(table.unmap(first + number * distance, page, 1, null))
                                .isEqualTo(page));
                assertThat(table.iovaToPhys(first)).isZero();
                assertThat(table.iovaToPhys(first + distance)).isZero();
                assertThat(table.iovaToPhys(first + size - 1)).isEqualTo(size == 2 * page ? 0 : size - 1);
                unmapRest(table, first, size);
            }
        }
        table.destroy();
        assertThat(arena.live()).isEmpty();
    }

    /** Unmaps what is left of a split leaf: as a whole where a table took its place, else piece by piece. */
    private static void unmapRest(PageTable table, long first, long size) {
        table.forEachLeaf((iova, span, descriptor, pa) -> table.unmap(iova, span, 1, null));
        assertThat(table.iovaToPhys(first + size / 4 * 3)).isZero();
    }
}
