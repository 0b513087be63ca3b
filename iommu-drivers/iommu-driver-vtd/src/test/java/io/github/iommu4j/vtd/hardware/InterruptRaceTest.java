package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.InterruptEntry;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Devices interrupt while software changes entries and reads posted descriptors. */
class InterruptRaceTest {

    private static final long TABLE = 0x120_0000L;
    private static final long DESCRIPTOR = 0x5000_0000L;
    private static final InterruptWrite INTERRUPT = InterruptWrite.of(0x38, 0xFEE0_0010L, 0);

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private void start() {
        rig.write(VtdRegister.IRTA, TABLE | 7);
        rig.command(RegisterRig.SIRTP);
        rig.command(RegisterRig.IRE);
        rig.startQueue();
    }

    @Test
    void anInterruptAfterAnInvalidationUsesTheNewEntry() throws Exception {
        InterruptEntry.remapped(0, 0).writeTo(rig.memory, TABLE);
        start();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService devices = Executors.newFixedThreadPool(2);
        InterruptRemapping shared = unobserved();
        for (int i = 0; i < 2; i++) {
            devices.execute(() -> {
                while (!over.get()) {
                    shared.remap(INTERRUPT);
                }
            });
        }
        for (int round = 0; round < 20_000; round++) {
            int vector = round & 0xFF;
            InterruptEntry.remapped(vector, 0).writeTo(rig.memory, TABLE);
            shared.entries().invalidate(0, 0);
            InterruptAnswer answer = shared.remap(INTERRUPT);
            assertThat(((InterruptAnswer.Delivered) answer).interrupt().vector())
                    .as("round %d", round)
                    .isEqualTo(vector);
        }
        over.set(true);
        devices.shutdown();
        assertThat(devices.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Interrupt remapping by itself, which keeps no list of what it delivers. */
    private InterruptRemapping unobserved() {
        InterruptRemapping remapping = new InterruptRemapping(
                new InterruptRemapping.Surroundings(rig.memory, rig.translation.faults, new Counts()),
                Units.FULL,
                Set.of());
        remapping.control(new InterruptControl(true, false, TABLE | 7));
        return remapping;
    }

    @Test
    void everyVectorThatIsPostedIsSeenBySoftwareThatAnswersNotifications() throws Exception {
        PostedInterrupts posting = new PostedInterrupts(rig.memory);
        rig.memory.store64(DESCRIPTOR + 32, 0xF2L << 16);
        ExecutorService devices = Executors.newFixedThreadPool(2);
        Future<Integer> even = devices.submit(() -> post(posting, 0));
        Future<Integer> odd = devices.submit(() -> post(posting, 1));
        BitSet seen = new BitSet();
        while (!even.isDone() || !odd.isDone()) {
            collect(seen);
        }
        collect(seen);
        devices.shutdown();
        assertThat(devices.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(seen.cardinality()).isEqualTo(256);
        assertThat(even.get() + odd.get()).isPositive();
        assertThat(rig.memory.load64(DESCRIPTOR + 32)).isEqualTo(0xF2L << 16);
    }

    /** Posts every second vector many times; answers how often there was something to notify. */
    private static int post(PostedInterrupts posting, int first) {
        int notified = 0;
        for (int round = 0; round < 200; round++) {
            for (int vector = first; vector < 256; vector += 2) {
                if (posting.post(DESCRIPTOR, vector, false) != PostedInterrupts.QUIET) {
                    notified++;
                }
            }
        }
        return notified;
    }

    /** What a notification's handler does: ON falls first, then the requests are taken. */
    private void collect(BitSet seen) {
        long control;
        do {
            control = rig.memory.load64(DESCRIPTOR + 32);
        } while (!rig.memory.compareAndSet64(DESCRIPTOR + 32, control, control & ~1L));
        for (int word = 0; word < 4; word++) {
            long requests;
            do {
                requests = rig.memory.load64(DESCRIPTOR + 8L * word);
            } while (!rig.memory.compareAndSet64(DESCRIPTOR + 8L * word, requests, 0));
            for (int bit = 0; bit < 64; bit++) {
                if ((requests >>> bit & 1) != 0) {
                    seen.set(64 * word + bit);
                }
            }
        }
    }

    @Test
    void twoWritersOfTheTailLoseNoDescriptor() throws Exception {
        start();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        Object producing = new Object();
        for (int i = 0; i < 2; i++) {
            threads.execute(() -> {
                for (int round = 0; round < 2_000; round++) {
                    synchronized (producing) {
                        while (isFull()) {
                            rig.vtd.step();
                        }
                        rig.submit(InvalidationDescriptor.waiting());
                    }
                    rig.vtd.step();
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(rig.vtd.counters().queues().descriptors()).isEqualTo(4_000);
        assertThat(rig.status()).isZero();
    }

    private boolean isFull() {
        long free = rig.read(VtdRegister.IQH) - rig.read(VtdRegister.IQT) - 32;
        return (free & 0xFFF) == 0;
    }
}
