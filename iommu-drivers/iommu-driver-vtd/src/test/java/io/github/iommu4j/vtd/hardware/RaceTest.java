package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/**
 * Translators beside one thread that changes a mapping again and again. The output page number is the number of the change.
 * What a translation sees may be no older than the change that was invalidated before it started, and no newer than the one
 * begun before it ended.
 */
class RaceTest {

    private static final int TRANSLATORS = 2;
    private static final long TRANSLATIONS = 150_000;
    private static final long CHANGES = 20_000;
    private static final long IOVA = 0x12_3456_7000L;
    private static final int ROOTS = 8;

    private final TranslatorRig rig = TranslatorRig.everything().scalable();
    private final CacheControl caches = rig.unit.caches();
    private volatile long begun;
    private volatile long invalidated;

    private void race(int pasid, LongConsumer change) throws Exception {
        begun = 1;
        change.accept(1);
        invalidated = 1;
        ExecutorService threads = Executors.newFixedThreadPool(TRANSLATORS);
        try {
            List<Future<Long>> translators = new ArrayList<>();
            for (int i = 0; i < TRANSLATORS; i++) {
                translators.add(threads.submit(translator(pasid)));
            }
            for (long version = 2; translators.stream().anyMatch(done -> !done.isDone()); version++) {
                begun = version;
                change.accept(version);
                invalidated = version;
            }
            for (Future<Long> translator : translators) {
                assertThat(translator.get(60, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(TRANSLATIONS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private Callable<Long> translator(int pasid) {
        return () -> {
            long done = 0;
            while (done < TRANSLATIONS
                    || invalidated < CHANGES && !Thread.currentThread().isInterrupted()) {
                long oldest = invalidated;
                long packed = rig.unit.translate(TranslatorRig.SID, pasid, IOVA, Access.READ_BIT);
                long newest = begun;
                if (!Translations.isOk(packed)) {
                    throw new AssertionError("fault 0x" + Integer.toHexString(Translations.faultCode(packed)));
                }
                long seen = Translations.pa(packed) >>> 12;
                if (seen < oldest || seen > newest) {
                    throw new AssertionError("saw " + seen + ", invalidated " + oldest + ", begun " + newest);
                }
                done++;
            }
            return done;
        };
    }

    @Test
    void aSecondStageEntryIsForgotten() throws Exception {
        long leaf = rig.map(rig.secondStage(0, 0), IOVA, 1, 3);
        race(-1, version -> {
            rig.memory.store64(leaf, version << 12 | 3);
            caches.iotlbPages(1, IOVA, 0, true);
        });
    }

    @Test
    void aFirstStageEntryIsForgotten() throws Exception {
        long leaf = rig.map(rig.firstStage(5, 0), IOVA, 1, 0x67);
        race(5, version -> {
            rig.memory.store64(leaf, version << 12 | 0x67);
            caches.pasidIotlbPages(1, 5, IOVA, 0, true);
        });
    }

    @Test
    void bothStagesOfANestedAddressAreForgotten() throws Exception {
        long second = rig.page();
        long guest = 0x8000_0000L;
        rig.pasid(0, second | 0xC9, 0x80_0001, guest);
        rig.map(second, guest, 2, 0x200_0083);
        long[] targets = new long[2];
        targets[0] = rig.map(second, 0xC000_0000L, 1, 0x1003);
        targets[1] = rig.map(second, 0xC000_1000L, 1, 0x1003);
        rig.memory.store64(TranslatorRig.entry(0x200_0000, IOVA, 4), guest + 0x1027);
        rig.memory.store64(TranslatorRig.entry(0x200_1000, IOVA, 3), guest + 0x2027);
        rig.memory.store64(TranslatorRig.entry(0x200_2000, IOVA, 2), guest + 0x3027);
        long leaf = TranslatorRig.entry(0x200_3000, IOVA, 1);
        race(-1, version -> {
            int target = (int) (version & 1);
            rig.memory.store64(targets[target], version << 12 | 3);
            caches.iotlbDomain(1);
            rig.memory.store64(leaf, 0xC000_0067L + 0x1000L * target);
            caches.pasidIotlb(1, 0);
        });
    }

    @Test
    void aPasidEntryIsForgotten() throws Exception {
        long[] tops = new long[ROOTS];
        long[] leaves = new long[ROOTS];
        for (int i = 0; i < ROOTS; i++) {
            tops[i] = rig.page();
            leaves[i] = rig.map(tops[i], IOVA, 1, 3);
        }
        race(3, version -> {
            int next = (int) (version % ROOTS);
            rig.memory.store64(leaves[next], version << 12 | 3);
            rig.pasid(3, tops[next] | 0x89, 1, 0);
            caches.pasid(1, 3);
            caches.iotlbDomain(1);
        });
    }

    @Test
    void aLegacyContextEntryIsForgotten() throws Exception {
        long[] tops = new long[ROOTS];
        long[] leaves = new long[ROOTS];
        for (int i = 0; i < ROOTS; i++) {
            tops[i] = rig.page();
            leaves[i] = rig.map(tops[i], IOVA, 1, 3);
        }
        rig.legacy(tops[0] | 1, 0x102);
        race(-1, version -> {
            int next = (int) (version % ROOTS);
            rig.memory.store64(leaves[next], version << 12 | 3);
            rig.memory.store64(TranslatorRig.CONTEXT + TranslatorRig.SID * 16L, tops[next] | 1);
            caches.contextDevice(1, TranslatorRig.SID, 0);
            caches.iotlbDomain(1);
        });
    }

    @Test
    void everythingIsForgottenAtOnce() throws Exception {
        long[] tops = new long[ROOTS];
        long[] leaves = new long[ROOTS];
        for (int i = 0; i < ROOTS; i++) {
            tops[i] = rig.page();
            leaves[i] = rig.map(tops[i], IOVA, 1, 0x67);
        }
        race(-1, version -> {
            int next = (int) (version % ROOTS);
            rig.memory.store64(leaves[next], version << 12 | 0x67);
            rig.memory.store64(TranslatorRig.PASIDS + 16, tops[next]);
            rig.memory.store64(TranslatorRig.PASIDS + 8, 0x80_0001);
            rig.memory.store64(TranslatorRig.PASIDS, 0x41);
            caches.everything();
        });
    }
}
