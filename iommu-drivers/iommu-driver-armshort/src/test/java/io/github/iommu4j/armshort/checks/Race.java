package io.github.iommu4j.armshort.checks;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Translators beside one thread that changes a mapping again and again; the number of the output page is the number of
 * the change. What a translation sees may be no older than the last change whose invalidation had ended before the
 * translation began, and no newer than the last change that had begun before it ended.
 */
final class Race {

    private static final int TRANSLATORS = 2;
    private static final int LEAST_TRANSLATIONS = 150_000;
    private static final long LEAST_CHANGES = 10_000;
    private static final long SECONDS = 120;

    private volatile long begun;
    private volatile long ended;
    private volatile boolean over;

    /** One change of the mapping, up to the end of its invalidation. */
    interface Change {
        void make(long version);
    }

    /** Runs the race; gives the number of translations done. */
    long run(TranslationUnit unit, int stream, long iova, Change change)
            throws InterruptedException, ExecutionException, TimeoutException {
        ExecutorService threads = Executors.newFixedThreadPool(TRANSLATORS);
        try {
            List<Future<Long>> translators = new ArrayList<>();
            for (int i = 0; i < TRANSLATORS; i++) {
                translators.add(threads.submit(translator(unit, stream, iova)));
            }
            for (long version = 1; translators.stream().anyMatch(translator -> !translator.isDone()); version++) {
                begun = version;
                change.make(version);
                ended = version;
                Thread.onSpinWait();
            }
            long done = 0;
            for (Future<Long> translator : translators) {
                done += translator.get(SECONDS, TimeUnit.SECONDS);
            }
            return done;
        } finally {
            over = true;
            threads.shutdownNow();
        }
    }

    private Callable<Long> translator(TranslationUnit unit, int stream, long iova) {
        return () -> {
            long done = 0;
            while (!over && (done < LEAST_TRANSLATIONS || ended < LEAST_CHANGES)) {
                long oldest = ended;
                long packed = unit.translate(stream, -1, iova, 1);
                long newest = begun;
                if (oldest > 0 && !Translations.isOk(packed)) {
                    throw new AssertionError("fault " + Translations.faultCode(packed));
                }
                long seen = Translations.pa(packed) >>> 12;
                if (oldest > 0 && (seen < oldest || seen > newest)) {
                    throw new AssertionError("saw change " + seen + ", ended " + oldest + ", begun " + newest);
                }
                done++;
            }
            return done;
        };
    }
}
