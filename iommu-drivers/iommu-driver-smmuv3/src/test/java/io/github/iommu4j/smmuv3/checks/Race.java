package io.github.iommu4j.smmuv3.checks;

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
import java.util.function.LongToIntFunction;

/**
 * Translators beside one thread that changes a mapping again and again. The mapping's output page number is the number
 * of the change. A change is <em>begun</em> before its first store and <em>published</em> after its CMD_SYNC was
 * consumed; what a translation sees may be no older than what was published before it started and no newer than what
 * was begun before it ended.
 */
final class Race {

    private static final int TRANSLATORS = 2;
    private static final long LEAST_CHANGES = 20_000;
    private static final long SECONDS = 120;

    private volatile long begun;
    private volatile long published;
    private volatile boolean over;

    /** One change of the mapping, up to the consumption of its CMD_SYNC. */
    interface Change {
        void make(long version) throws InterruptedException;
    }

    /**
     * Runs the race.
     *
     * @param stream which stream a translation uses, by a running number
     * @param least translations wanted
     * @return translations done
     */
    long run(TranslationUnit unit, LongToIntFunction stream, long least, Change change)
            throws InterruptedException, ExecutionException, TimeoutException {
        ExecutorService threads = Executors.newFixedThreadPool(TRANSLATORS);
        try {
            List<Future<Long>> translators = new ArrayList<>();
            for (int i = 0; i < TRANSLATORS; i++) {
                translators.add(threads.submit(translator(unit, stream, least / TRANSLATORS)));
            }
            for (long version = 1; translators.stream().anyMatch(translator -> !translator.isDone()); version++) {
                begun = version;
                change.make(version);
                published = version;
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

    private Callable<Long> translator(TranslationUnit unit, LongToIntFunction stream, long least) {
        return () -> {
            long done = 0;
            while (!over && (done < least || published < LEAST_CHANGES)) {
                long oldest = published;
                long packed = unit.translate(stream.applyAsInt(done), -1, Layouts.INPUT, 1);
                long newest = begun;
                if (oldest > 0 || Translations.isOk(packed)) {
                    if (!Translations.isOk(packed)) {
                        throw new AssertionError("fault 0x" + Integer.toHexString(Translations.faultCode(packed)));
                    }
                    long seen = Translations.pa(packed) >>> 12;
                    if (seen < oldest || seen > newest) {
                        throw new AssertionError("saw change " + seen + ", published " + oldest + ", begun " + newest);
                    }
                }
                done++;
            }
            return done;
        };
    }
}
