package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.tipat.driver.PatMachine.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.lock.PlainLocking;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The pool against a row of booleans that is looked through from the start every time. */
final class WindowPoolProperties {

    private static final long BASE = 0x48_0000_0000L;
    private static final int STEPS = 120;

    private static WindowPool pool(long size, int granuleLg2) {
        return new WindowPool(new PlainLocking(), BASE, size, granuleLg2);
    }

    private record Piece(long address, long size) {}

    /** Where first fit puts so many granules, or -1. */
    private static int naiveFirstFit(boolean[] taken, int wanted) {
        for (int start = 0; start + wanted <= taken.length; start++) {
            int length = 0;
            while (length < wanted && !taken[start + length]) {
                length++;
            }
            if (length == wanted) {
                return start;
            }
        }
        return -1;
    }

    @Property(tries = 500)
    void P30_everyPieceIsWhereFirstFitPutsIt(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 80) int granules,
            @ForAll @IntRange(min = 12, max = 20) int granuleLg2) {
        Random random = new Random(seed);
        WindowPool pool = pool(((long) granules << granuleLg2) + random.nextInt(1 << granuleLg2), granuleLg2);
        boolean[] taken = new boolean[granules];
        List<Piece> pieces = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            if (!pieces.isEmpty() && random.nextInt(5) < 2) {
                Piece piece = pieces.remove(random.nextInt(pieces.size()));
                pool.free(piece.address(), piece.size());
                mark(taken, piece, granuleLg2, false);
            } else {
                long size = 1 + (long) (random.nextDouble() * (12L << granuleLg2));
                int wanted = (int) (size + (1L << granuleLg2) - 1 >> granuleLg2);
                int expected = naiveFirstFit(taken, wanted);
                if (expected < 0) {
                    assertThat(errnoOf(() -> pool.allocate(size))).isEqualTo(Errno.ENOMEM);
                } else {
                    Piece piece = new Piece(pool.allocate(size), size);
                    assertThat(piece.address()).isEqualTo(BASE + ((long) expected << granuleLg2));
                    mark(taken, piece, granuleLg2, true);
                    pieces.add(piece);
                }
            }
            assertReport(pool.report(), taken, granuleLg2);
        }
        pieces.forEach(piece -> pool.free(piece.address(), piece.size()));
        assertThat(pool.report().isUnused()).isTrue();
    }

    private static void mark(boolean[] taken, Piece piece, int granuleLg2, boolean now) {
        int first = (int) (piece.address() - BASE >> granuleLg2);
        for (long at = 0; at < piece.size(); at += 1L << granuleLg2) {
            taken[first++] = now;
        }
    }

    private static void assertReport(WindowReport report, boolean[] taken, int granuleLg2) {
        Map<Integer, Integer> runs = new HashMap<>();
        int free = 0;
        int longest = 0;
        for (int i = 0; i < taken.length; ) {
            int length = 0;
            while (i + length < taken.length && !taken[i + length]) {
                length++;
            }
            if (length > 0) {
                runs.put(i, length);
            }
            free += length;
            longest = Math.max(longest, length);
            i += Math.max(length, 1);
        }
        assertThat(report.size()).isEqualTo((long) taken.length << granuleLg2);
        assertThat(report.freeBytes()).isEqualTo((long) free << granuleLg2);
        assertThat(report.largestFreeRun()).isEqualTo((long) longest << granuleLg2);
        assertThat(report.freeRuns())
                .hasSize(runs.size())
                .allSatisfy(run -> assertThat((int) (run.size() >> granuleLg2))
                        .isEqualTo(runs.get((int) (run.base() - BASE >> granuleLg2))));
        assertThat(report.isUnused()).isEqualTo(free == taken.length);
    }

    @Example
    void P30_aPieceTakesWholeGranules() {
        WindowPool pool = pool(0x4000, 12);
        assertThat(pool.allocate(1)).isEqualTo(BASE);
        assertThat(pool.allocate(0x1001)).isEqualTo(BASE + 0x1000);
        assertThat(pool.report().freeRuns()).containsExactly(new WindowReport.Run(BASE + 0x3000, 0x1000));
    }

    @Example
    void P30_whatDoesNotFitIsEnomemAndSoIsNothing() {
        WindowPool pool = pool(0x4000, 12);
        for (long size : new long[] {0, -1, 0x4001, 1L << 40, Long.MAX_VALUE}) {
            assertThat(errnoOf(() -> pool.allocate(size))).isEqualTo(Errno.ENOMEM);
        }
        assertThat(pool.allocate(0x4000)).isEqualTo(BASE);
        assertThat(pool.report().largestFreeRun()).isZero();
        WindowPool nothing = pool(0xFFF, 12);
        assertThat(errnoOf(() -> nothing.allocate(1))).isEqualTo(Errno.ENOMEM);
        assertThat(nothing.report()).isEqualTo(new WindowReport(0, List.of()));
    }

    @Example
    void P30_aGapOfTheRightTotalIsNoGap() {
        WindowPool pool = pool(0x6000, 12);
        List<Long> pages = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            pages.add(pool.allocate(0x1000));
        }
        for (int i = 0; i < 6; i += 2) {
            pool.free(pages.get(i), 0x1000);
        }
        assertThat(pool.report().freeBytes()).isEqualTo(0x3000);
        assertThat(pool.report().largestFreeRun()).isEqualTo(0x1000);
        assertThatThrownBy(() -> pool.allocate(0x2000))
                .isInstanceOf(IommuException.class)
                .hasMessageContaining("0x2000");
        pool.free(pages.get(1), 0x1000);
        assertThat(pool.allocate(0x3000)).isEqualTo(BASE);
    }

    @Example
    void P30_whatWasNotGivenOutCannotComeBack() {
        WindowPool pool = pool(0x4000, 12);
        long address = pool.allocate(0x2000);
        for (Piece odd : List.of(
                new Piece(address + 0x2000, 0x1000),
                new Piece(address, 0x3000),
                new Piece(address + 0x800, 0x1000),
                new Piece(address - 0x1000, 0x1000),
                new Piece(address + 0x4000, 0x1000),
                new Piece(address, 0x10_0000))) {
            assertThatThrownBy(() -> pool.free(odd.address(), odd.size()))
                    .as("%s", odd)
                    .isInstanceOf(AssertionError.class);
        }
        pool.free(address, 0x2000);
        assertThatThrownBy(() -> pool.free(address, 0x2000)).isInstanceOf(AssertionError.class);
    }

    @Example
    void aClosedPoolGivesNothingAndTakesBack() {
        WindowPool pool = pool(0x4000, 12);
        long address = pool.allocate(0x2000);
        pool.close();
        assertThat(pool.isClosed()).isTrue();
        assertThat(errnoOf(() -> pool.allocate(0x1000))).isEqualTo(Errno.ENODEV);
        pool.free(address, 0x2000);
        assertThat(pool.report().isUnused()).isTrue();
    }
}
