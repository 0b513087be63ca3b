package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.tipat.layout.PatPageSize;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** One thread rewrites an entry as the reference manual asks, others use it. */
class UpdateRaceTest {

    private static final int TRANSLATIONS = 400_000;

    /** Every half of every target tells which target it is of. */
    private static long target(int version) {
        long nibble = version & 0xF;
        return nibble << 44 | nibble << 20;
    }

    @Test
    void P06_anAccessMeetsTheOldTargetTheNewOneOrADisabledPage() throws Exception {
        Pat pat = Rig.enabled(256, PatPageSize.SIZE_4K);
        Rig.map(pat, 7, target(0));
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            Future<Integer> writer = threads.submit(() -> {
                int version = 0;
                while (!done.get()) {
                    version++;
                    Rig.map(pat, 7, target(version));
                }
                return version;
            });
            List<Future<List<Long>>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(threads.submit(() -> strangeAnswers(pat)));
            }
            for (Future<List<Long>> reader : readers) {
                assertThat(reader.get(2, TimeUnit.MINUTES)).isEmpty();
            }
            done.set(true);
            assertThat(writer.get(2, TimeUnit.MINUTES)).isPositive();
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
        assertThat(Translations.isOk(pat.translate(1, Rig.BASE + 0x7000, Access.READ)))
                .isTrue();
    }

    private static List<Long> strangeAnswers(Pat pat) {
        List<Long> strange = new ArrayList<>();
        for (int i = 0; i < TRANSLATIONS; i++) {
            long answer = pat.translate(1, Rig.BASE + 0x7000, Access.READ);
            boolean fits = Translations.isOk(answer)
                    ? Translations.pa(answer) == target((int) (Translations.pa(answer) >>> 44))
                    : PatFault.of(answer) == PatFault.PAGE_DISABLED;
            if (!fits) {
                strange.add(answer);
            }
        }
        return strange;
    }
}
