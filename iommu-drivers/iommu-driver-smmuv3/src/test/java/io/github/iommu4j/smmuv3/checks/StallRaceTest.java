package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Devices stall on several threads while a driver answers what it reads, invalidates, and terminates streams. */
class StallRaceTest implements Endpoints {

    private static final int DEVICES = 3;
    private static final int STALLS_EACH = 4_000;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;

    private final SparseMemory memory = new SparseMemory();
    private final Smmuv3 unit = Smmuv3.builder(memory)
            .capabilities(Smmuv3Capabilities.everything().toBuilder()
                    .set(IdField.STALL_MAX, 2)
                    .build())
            .endpoints(this)
            .build();
    private final Rig rig = new Rig(unit, memory, Rig.QUEUES);
    private final List<BlockingQueue<Integer>> ends = new ArrayList<>();
    private final AtomicLong told = new AtomicLong();

    @Override
    public void resume(int streamId, int tag, Resumption outcome) {
        told.incrementAndGet();
        ends.get(streamId).add(tag);
    }

    @Test
    void everyStallOfEveryDeviceEndsOnce() throws Exception {
        Layouts.context(memory, CONTEXT, 1, ROOT);
        memory.store64(CONTEXT, memory.load64(CONTEXT) | 1L << 44);
        for (int stream = 0; stream < DEVICES; stream++) {
            Layouts.stage1Stream(memory, stream, 1, CONTEXT);
            ends.add(new LinkedBlockingQueue<>());
        }
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        ExecutorService threads = Executors.newFixedThreadPool(DEVICES);
        List<Future<Void>> devices = new ArrayList<>();
        for (int stream = 0; stream < DEVICES; stream++) {
            devices.add(threads.submit(device(stream)));
        }
        int round = 0;
        while (devices.stream().anyMatch(device -> !device.isDone())) {
            serve(round++);
        }
        threads.shutdown();
        for (Future<Void> device : devices) {
            device.get(1, TimeUnit.SECONDS);
        }
        assertThat(ends).allMatch(BlockingQueue::isEmpty);
        assertThat(told).hasValue((long) DEVICES * STALLS_EACH);
    }

    private void serve(int round) {
        Set<Integer> tags = new HashSet<>();
        for (List<Long> record : rig.drainEvents()) {
            int tag = record.get(1).intValue() & 0xFFFF;
            assertThat(tags.add(tag)).as("tag %d twice in one reading", tag).isTrue();
            rig.command(Commands.resume((int) (record.get(0) >>> 32), tag, tag & 3));
        }
        if (round % 7 == 0) {
            rig.command(Commands.tlbi(Commands.TLBI_NSNH_ALL));
        }
        if (round % 11 == 0) {
            rig.command(Commands.stallTerm(round % DEVICES));
        }
        rig.sync();
    }

    private Callable<Void> device(int stream) {
        return () -> {
            for (int number = 0; number < STALLS_EACH; number++) {
                long packed = unit.translate(stream, -1, 0x1000L * (number & 7), 1);
                assertThat(Translations.isStalled(packed)).isTrue();
                Integer ended = ends.get(stream).poll(60, TimeUnit.SECONDS);
                assertThat(ended).as("stream %d, stall %d", stream, number).isEqualTo(Translations.stallTag(packed));
            }
            return null;
        };
    }
}
