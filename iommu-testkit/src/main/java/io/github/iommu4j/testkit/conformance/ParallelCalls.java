package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Two threads that map and unmap the smallest pages, every second page each, so that they race for every table. */
final class ParallelCalls {

    /** How many tables. */
    static final int ROUNDS = 20;

    private static final int THREADS = 2;
    private static final int PAGES = 64;
    private static final int CALLS = 400;

    private final TableRig rig;
    private final TableSpace space;
    private final long page;
    private final long seed;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch start = new CountDownLatch(1);

    ParallelCalls(TableRig rig, long seed) {
        this.rig = rig;
        this.space = new TableSpace(rig);
        this.page = rig.format.pageSizes().smallest();
        this.seed = seed;
    }

    void run() throws InterruptedException {
        rig.stopWatchingFrees();
        List<Worker> workers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Worker worker = new Worker(i);
            workers.add(worker);
            Thread thread = new Thread(worker::runAndReport, "pagetable-" + i);
            threads.add(thread);
            thread.start();
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw new AssertionError("a thread failed", failure.get());
        }
        workers.forEach(Worker::note);
        rig.tlb.flushAll();
    }

    /** One thread's pages: spread over the input space, so that tables of every level are raced for. */
    private final class Worker {
        private final int number;
        private final Random random;
        private final boolean[] mapped = new boolean[PAGES];

        Worker(int number) {
            this.number = number;
            this.random = new Random(seed * THREADS + number);
        }

        private long iova(int place) {
            long stride = Math.max(THREADS, Long.highestOneBit(space.slots(page) / PAGES));
            return space.iova(page, Math.min(place * stride + number, space.slots(page) - 1));
        }

        private long pa(int place) {
            return space.pa(page, (long) place * THREADS + number, 1);
        }

        void runAndReport() {
            try {
                start.await();
                run();
            } catch (InterruptedException | RuntimeException | AssertionError broken) {
                failure.compareAndSet(null, broken);
            }
        }

        private void run() {
            for (int call = 0; call < CALLS; call++) {
                int place = random.nextInt(PAGES);
                if (mapped[place]) {
                    assertThat(rig.table.iovaToPhys(iova(place))).isEqualTo(pa(place));
                    assertThat(rig.table.unmap(iova(place), page, 1, null)).isEqualTo(page);
                } else {
                    assertThat(rig.table.iovaToPhys(iova(place))).isZero();
                    rig.table.map(iova(place), pa(place), page, 1, Prot.READ_WRITE, new MapProgress());
                }
                mapped[place] = !mapped[place];
            }
        }

        void note() {
            for (int place = 0; place < PAGES; place++) {
                if (mapped[place]) {
                    rig.expected.put(iova(place), page, pa(place), Prot.READ_WRITE);
                    rig.checkTranslation(iova(place));
                }
            }
        }
    }
}
