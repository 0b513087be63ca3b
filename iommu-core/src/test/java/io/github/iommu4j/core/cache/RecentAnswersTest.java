package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentAnswersTest {

    private static final long STAMP = 7;
    private static final long WHO = 0x21_0000_0110L;
    private static final long IOVA = 0x12_3456_7000L;
    private static final int LOOKS = 200_000;

    private final RecentAnswers recent = new RecentAnswers();

    @Test
    void atFirstNothingIsAnswered() {
        assertThat(recent.find(0, 0, 0)).isZero();
        assertThat(recent.find(STAMP, WHO, IOVA)).isZero();
    }

    @Test
    void anAnswerIsThatOfTheWholePage() {
        recent.keep(STAMP, WHO, IOVA + 0x10, 5);

        assertThat(recent.find(STAMP, WHO, IOVA)).isEqualTo(5);
        assertThat(recent.find(STAMP, WHO, IOVA + 0xFFF)).isEqualTo(5);
        assertThat(recent.find(STAMP, WHO, IOVA + 0x1000)).isZero();
        assertThat(recent.find(STAMP, WHO, IOVA - 1)).isZero();
    }

    @Test
    void anAnswerIsForNobodyElseAndUnderNoOtherStamp() {
        recent.keep(STAMP, WHO, IOVA, 5);

        assertThat(recent.find(STAMP, WHO + 1, IOVA)).isZero();
        assertThat(recent.find(STAMP + 1, WHO, IOVA)).isZero();
        assertThat(recent.find(STAMP - 1, WHO, IOVA)).isZero();
    }

    @Test
    void theLastAnswerStands() {
        recent.keep(STAMP, WHO, IOVA, 5);
        recent.keep(STAMP + 1, WHO, IOVA, 6);

        assertThat(recent.find(STAMP, WHO, IOVA)).isZero();
        assertThat(recent.find(STAMP + 1, WHO, IOVA)).isEqualTo(6);
    }

    @Test
    void aDeviceThatStaysInAPageIsAnsweredThoughOthersComeAndGo() {
        recent.keep(STAMP, WHO, IOVA, 5);
        long found = IntStream.range(1, 64)
                .filter(page -> {
                    recent.keep(STAMP, WHO, IOVA + ((long) page << 12), page);
                    return recent.find(STAMP, WHO, IOVA + ((long) page << 12)) == page;
                })
                .count();
        assertThat(found).isEqualTo(63);
    }

    /** Every thread keeps answers in the same few slots that say whose they are. */
    @Test
    void noAnswerIsMadeOfTwo() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Callable<Long>> tasks = List.of(
                    () -> wrongAnswers(0x9E37_79B9_7F4A_7C15L),
                    () -> wrongAnswers(0xC2B2_AE3D_27D4_EB4FL),
                    () -> wrongAnswers(0x2545_F491_4F6C_DD1DL));
            List<Future<Long>> done = new ArrayList<>();
            for (Callable<Long> task : tasks) {
                done.add(threads.submit(task));
            }
            for (Future<Long> each : done) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private long wrongAnswers(long seed) {
        long wrong = 0;
        long random = seed;
        for (int look = 0; look < LOOKS; look++) {
            random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
            long who = random >>> 62;
            long page = random >>> 50 & 0x3FF;
            long stamp = random >>> 48 & 3;
            long answer = who << 12 | page << 2 | stamp | 1 << 20;
            long found = recent.find(stamp, who, page << 12);
            if (found != 0 && found != answer) {
                wrong++;
            }
            recent.keep(stamp, who, page << 12, answer);
        }
        return wrong;
    }
}
