package io.github.iommu4j.core.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class QueueConsumerTest {

    private static final int BUDGET = 4;
    private static final int PRODUCED = 20_000;

    /** A queue of numbers whose entries may do something. */
    private static final class Numbers implements QueueConsumer.Queue {
        private final Object monitor = new Object();
        private final QueueConsumer consumer = new QueueConsumer(monitor, this);
        private final AtomicInteger produced = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();
        private int budget = BUDGET;
        private int consumed;
        private Runnable entry = () -> {};

        @Override
        public boolean consumeOne() {
            assertThat(Thread.holdsLock(monitor)).isFalse();
            assertThat(inside.incrementAndGet()).isOne();
            try {
                if (consumed == produced.get()) {
                    return false;
                }
                consumed++;
                entry.run();
                return true;
            } finally {
                inside.decrementAndGet();
            }
        }

        @Override
        public int budget() {
            assertThat(Thread.holdsLock(monitor)).isTrue();
            return budget;
        }
    }

    private final Numbers queue = new Numbers();

    @Test
    void aStepConsumesOne() {
        queue.produced.set(2);
        assertThat(queue.consumer.step()).isTrue();
        assertThat(queue.consumed).isOne();
        assertThat(queue.consumer.step()).isTrue();
        assertThat(queue.consumer.step()).isFalse();
        assertThat(queue.consumed).isEqualTo(2);
    }

    @Test
    void aDoorbellIsGoodForItsBudgetOnly() {
        queue.produced.set(BUDGET + 2);
        queue.consumer.doorbell();
        assertThat(queue.consumed).isEqualTo(BUDGET);
        queue.consumer.doorbell();
        assertThat(queue.consumed).isEqualTo(BUDGET + 2);
    }

    @Test
    void consumptionThatRingsDoesNotProlongItself() {
        queue.produced.set(2 * BUDGET);
        queue.entry = queue.consumer::doorbell;
        queue.consumer.doorbell();
        assertThat(queue.consumed).isEqualTo(BUDGET);
    }

    @Test
    void consumptionDoesNotEnterItself() {
        queue.produced.set(2);
        queue.entry = () -> assertThat(queue.consumer.step()).isFalse();
        assertThat(queue.consumer.step()).isTrue();
        assertThat(queue.consumed).isOne();
    }

    @Test
    void whatAnotherThreadRingsForIsLeftToWhoConsumes() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            queue.produced.set(1);
            List<Integer> seen = new ArrayList<>();
            queue.entry = () -> {
                if (queue.produced.get() == 1) {
                    queue.produced.set(3);
                    seen.add(rungElsewhere(other));
                }
            };
            assertThat(queue.consumer.step()).isTrue();
            assertThat(seen).containsExactly(1);
            assertThat(queue.consumed).isEqualTo(3);
        } finally {
            other.shutdownNow();
        }
    }

    /** How much was consumed when the other thread's doorbell returned. */
    private int rungElsewhere(ExecutorService other) {
        try {
            return other.submit(() -> {
                        queue.consumer.doorbell();
                        return queue.consumed;
                    })
                    .get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aQueueThatFailsIsConsumedByTheNext() {
        queue.produced.set(2);
        queue.entry = () -> {
            throw new IllegalStateException("it breaks");
        };
        assertThatThrownBy(queue.consumer::step).hasMessage("it breaks");
        assertThatThrownBy(queue.consumer::doorbell).hasMessage("it breaks");
        queue.produced.set(3);
        queue.entry = () -> {};
        assertThat(queue.consumer.step()).isTrue();
    }

    /** Entries that are rung for are consumed before the last doorbell returns, by whichever thread, one at a time. */
    @Test
    void nothingThatWasRungForIsForgotten() throws Exception {
        queue.budget = 3 * PRODUCED;
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<?>> producers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                producers.add(threads.submit(() -> {
                    for (int n = 0; n < PRODUCED; n++) {
                        queue.produced.incrementAndGet();
                        queue.consumer.doorbell();
                    }
                }));
            }
            for (Future<?> each : producers) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(queue.consumed).isEqualTo(3 * PRODUCED);
    }
}
