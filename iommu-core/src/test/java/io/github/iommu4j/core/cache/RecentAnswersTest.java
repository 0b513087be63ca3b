package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
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
    private static final int LOOKS = 1_000_000;

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

    /** A slot is kept again and again under one stamp after the other, while two look: an answer says its stamp. */
    @Test
    void noAnswerIsMadeOfTwo() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Long>> looks = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                looks.add(threads.submit(this::wrongAnswers));
            }
            for (long stamp = 1; looks.stream().anyMatch(each -> !each.isDone()); stamp++) {
                recent.keep(stamp & 1, WHO, IOVA, (stamp & 1) + 1);
            }
            for (Future<Long> each : looks) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private long wrongAnswers() {
        long wrong = 0;
        for (int look = 0; look < LOOKS; look++) {
            long stamp = look & 1;
            long found = recent.find(stamp, WHO, IOVA);
            if (found != 0 && found != stamp + 1) {
                wrong++;
            }
        }
        return wrong;
    }
}
