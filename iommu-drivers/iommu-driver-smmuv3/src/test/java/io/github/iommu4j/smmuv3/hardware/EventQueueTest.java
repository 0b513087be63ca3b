package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.hardware.EventRecorder.Outcome;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IHI 0070 §7.2 and §7.4: when records are written, and what happens when they cannot be. */
class EventQueueTest {

    private final Bench bench = new Bench().withEventQueue(2);

    @Test
    void aRecordStandsInMemoryBeforeTheIndexMoves() {
        assertThat(bench.event(0x10)).isEqualTo(Outcome.WRITTEN);
        assertThat(bench.recordAt(0)).isEqualTo(new EventRecord(0x10, 0x11, 0x12, 0x13));
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void theQueueWraps() {
        for (int i = 0; i < 11; i++) {
            bench.event(i);
            bench.write(SmmuRegister.EVENTQ_CONS, bench.read(SmmuRegister.EVENTQ_PROD));
        }
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(11 % 8);
        assertThat(bench.recordAt(2).dw0()).isEqualTo(10);
        assertThat(bench.recordAt(3).dw0()).isEqualTo(7);
    }

    @Test
    void aDisabledQueueDropsSilently() {
        bench.write(SmmuRegister.CR0, 0);
        assertThat(bench.event(1)).isEqualTo(Outcome.DROPPED);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isZero();
        assertThat(bench.recordAt(0).dw0()).isZero();
    }

    @Test
    void aFullQueueLosesRecordsAndSaysSoOnce() {
        for (int i = 0; i < 4; i++) {
            assertThat(bench.event(i)).isEqualTo(Outcome.WRITTEN);
        }
        assertThat(bench.event(4)).isEqualTo(Outcome.DROPPED);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(0x8000_0004L);
        assertThat(bench.event(5)).isEqualTo(Outcome.DROPPED);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(0x8000_0004L);
        assertThat(bench.recordAt(0).dw0()).isZero();
    }

    @Test
    void anUnacknowledgedOverflowDoesNotStopRecords() {
        for (int i = 0; i < 5; i++) {
            bench.event(i);
        }
        bench.write(SmmuRegister.EVENTQ_CONS, 4);
        assertThat(bench.event(6)).isEqualTo(Outcome.WRITTEN);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(0x8000_0005L);
    }

    @Test
    void afterAnAcknowledgeTheNextOverflowTogglesBack() {
        for (int i = 0; i < 5; i++) {
            bench.event(i);
        }
        bench.write(SmmuRegister.EVENTQ_CONS, 0x8000_0000L);
        bench.event(5);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({"5, 2", "3, 4"})
    void inconsistentIndexesCountAsFull(int prod, int cons) {
        bench.write(SmmuRegister.CR0, 0);
        bench.write(SmmuRegister.EVENTQ_PROD, prod);
        bench.write(SmmuRegister.EVENTQ_CONS, cons);
        bench.write(SmmuRegister.CR0, 4);
        boolean legal = new QueueIndex(2).used(prod, cons) < 4;
        assertThat(bench.event(1)).isEqualTo(legal ? Outcome.WRITTEN : Outcome.DROPPED);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(legal ? prod + 1 : 0x8000_0000L | prod);
    }

    @Test
    void anAbortedWriteStopsTheQueueUntilAcknowledged() {
        bench.brokenPages.add(Bench.EVENTS >>> 12);
        assertThat(bench.event(1)).isEqualTo(Outcome.DROPPED);
        assertThat(bench.isActive(GlobalError.EVENTQ_ABT_ERR)).isTrue();
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isZero();
        bench.brokenPages.clear();
        assertThat(bench.event(2)).isEqualTo(Outcome.DROPPED);
        bench.acknowledgeErrors();
        assertThat(bench.event(3)).isEqualTo(Outcome.WRITTEN);
        assertThat(bench.recordAt(0).dw0()).isEqualTo(3);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).as("no overflow").isEqualTo(1);
    }

    @Test
    void aRecordOfAnOlderEpochIsStale() {
        long before = bench.epoch.now();
        bench.epoch.advance();
        assertThat(bench.events.record(before, 1, 2, 3, 4)).isEqualTo(Outcome.STALE);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isZero();
        assertThat(bench.events.record(1, 2, 3, 4)).as("without an epoch").isEqualTo(Outcome.WRITTEN);
        assertThat(bench.recordAt(0)).isEqualTo(new EventRecord(1, 2, 3, 4));
    }

    @Test
    void oneInterruptForEachTimeTheQueueFills() {
        bench.write(SmmuRegister.IRQ_CTRL, 4);
        bench.event(1);
        bench.event(2);
        assertThat(bench.log).containsExactly("line eventq");
        bench.write(SmmuRegister.EVENTQ_CONS, 1);
        bench.event(3);
        assertThat(bench.log).containsExactly("line eventq");
        bench.write(SmmuRegister.EVENTQ_CONS, 3);
        bench.event(4);
        assertThat(bench.log).containsExactly("line eventq", "line eventq");
    }

    @Test
    void baseAndSizeFollowTheSameRulesAsTheCommandQueues() {
        Bench other = new Bench(Smmuv3Capabilities.linuxVirt10());
        other.write(SmmuRegister.EVENTQ_BASE, 0x00F0_0000_2000_0060L | 2);
        other.write(SmmuRegister.CR0, 4);
        assertThat(other.event(9)).isEqualTo(Outcome.WRITTEN);
        assertThat(other.ram.load64(0x2000_0000L)).isEqualTo(9);
    }

    @Test
    void theIndexMovesAfterTheLastStore() {
        List<Long> seen = new ArrayList<>();
        bench.beforeStore = () -> seen.add(bench.read(SmmuRegister.EVENTQ_PROD));
        bench.event(1);
        assertThat(seen).containsExactly(0L, 0L, 0L, 0L);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void disablingIsAcknowledgedWhenTheRecordInFlightIsWritten() {
        List<Long> acknowledged = new ArrayList<>();
        bench.beforeStore = () -> {
            bench.write(SmmuRegister.CR0, 0);
            bench.write(SmmuRegister.EVENTQ_BASE, 0);
            bench.write(SmmuRegister.EVENTQ_PROD, 3);
            acknowledged.add(bench.read(SmmuRegister.CR0ACK));
        };
        assertThat(bench.event(1)).isEqualTo(Outcome.WRITTEN);
        assertThat(acknowledged).containsExactly(4L, 4L, 4L, 4L);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isZero();
        assertThat(bench.read(SmmuRegister.EVENTQ_BASE)).as("guarded meanwhile").isEqualTo(Bench.EVENTS | 2);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(1);
        assertThat(bench.event(2)).isEqualTo(Outcome.DROPPED);
    }

    @Test
    void aResetDuringARecordLeavesNoTrace() {
        bench.beforeStore = bench.registers::reset;
        bench.event(1);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isZero();
        assertThat(bench.read(SmmuRegister.CR0ACK)).isZero();
        assertThat(bench.read(SmmuRegister.GERROR)).isZero();
    }

    @Test
    void recordersAndAConsumerAgreeAboutEveryRecord() throws InterruptedException {
        Bench busy = new Bench().withEventQueue(3);
        int recorders = 3;
        int each = 2_000;
        AtomicInteger written = new AtomicInteger();
        AtomicInteger running = new AtomicInteger(recorders);
        List<Thread> threads = new ArrayList<>();
        for (int r = 0; r < recorders; r++) {
            long name = r + 1L;
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    long word = name << 32 | i;
                    if (busy.events.record(word, ~word, word + 7, word ^ 7) == Outcome.WRITTEN) {
                        written.incrementAndGet();
                    }
                }
                running.decrementAndGet();
            }));
        }
        threads.forEach(Thread::start);
        int read = consume(busy, running);
        for (Thread thread : threads) {
            thread.join(10_000);
        }
        assertThat(read).isEqualTo(written.get()).isPositive();
    }

    private static int consume(Bench busy, AtomicInteger running) {
        QueueIndex index = new QueueIndex(3);
        long[] newest = new long[4];
        int cons = 0;
        int read = 0;
        while (true) {
            boolean last = running.get() == 0;
            int prod = (int) busy.read(SmmuRegister.EVENTQ_PROD);
            if (index.isEmpty(prod, cons)) {
                if (last) {
                    return read;
                }
                continue;
            }
            EventRecord record = busy.recordAt(index.index(cons));
            long word = record.dw0();
            assertThat(record).isEqualTo(new EventRecord(word, ~word, word + 7, word ^ 7));
            int recorder = (int) (word >>> 32);
            assertThat(word).as("in order for each recorder").isGreaterThanOrEqualTo(newest[recorder]);
            newest[recorder] = word + 1;
            cons = index.next(cons);
            read++;
            busy.write(SmmuRegister.EVENTQ_CONS, prod & 0x8000_0000L | cons);
        }
    }
}
