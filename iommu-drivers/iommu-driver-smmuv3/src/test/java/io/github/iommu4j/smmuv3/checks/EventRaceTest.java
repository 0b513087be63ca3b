package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Many threads fault while software reads the event queue. */
class EventRaceTest {

    private static final int RECORDERS = 3;
    private static final int RECORDS_EACH = 40_000;
    private static final long INPUT_RANGE = (1L << 39) - 1;
    private static final long F_TRANSLATION_OF_A_READ = 1L << 35 | 2L << 40;
    private static final long S2R = 1L << 58;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;

    private final SparseMemory memory = new SparseMemory();
    private final TranslationUnit unit = Units.smmu(memory, Smmuv3Capabilities.linuxVirt10(), Units.Caching.DEFAULT);
    private final Rig rig = new Rig(unit, memory, Rig.QUEUES);

    @Test
    void everyRecordThatIsReportedIsReadOnceWholeAndInOrder() throws Exception {
        Layouts.context(memory, CONTEXT, 1, ROOT);
        for (int stream = 0; stream < RECORDERS; stream++) {
            Layouts.stage1Stream(memory, stream, 1, CONTEXT);
        }
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        ExecutorService threads = Executors.newFixedThreadPool(RECORDERS);
        List<Future<List<Long>>> recorders = new ArrayList<>();
        for (int stream = 0; stream < RECORDERS; stream++) {
            int own = stream;
            recorders.add(threads.submit(() -> fault(own)));
        }
        Map<Integer, List<Long>> read = new HashMap<>();
        while (recorders.stream().anyMatch(recorder -> !recorder.isDone())) {
            collect(read);
        }
        collect(read);
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        for (int stream = 0; stream < RECORDERS; stream++) {
            List<Long> reported = recorders.get(stream).get();
            assertThat(read.getOrDefault(stream, List.of()))
                    .as("stream %d", stream)
                    .isEqualTo(reported);
        }
    }

    @Test
    void noRecordOfOldConfigurationComesAfterTheSync() throws Exception {
        Layouts.stage2Stream(memory, 0, 1, ROOT);
        long fields = Layouts.streamEntry(0) + 16;
        long recording = memory.load64(fields);
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(RECORDERS);
        for (int i = 0; i < RECORDERS; i++) {
            threads.execute(() -> {
                while (!over.get()) {
                    unit.translate(0, -1, 0x1000, 1);
                }
            });
        }
        long records = 0;
        for (int round = 0; round < 5_000; round++) {
            reconfigure(fields, recording);
            records += rig.drainEvents().size();
            reconfigure(fields, recording & ~S2R);
            records += rig.drainEvents().size();
            Thread.onSpinWait();
            assertThat(rig.drainEvents()).as("round %d", round).isEmpty();
        }
        over.set(true);
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(records).isPositive();
    }

    private void reconfigure(long address, long word) {
        memory.store64(address, word);
        rig.command(Commands.cfgiSte(0, 1));
        rig.sync();
    }

    /** The addresses whose faults the unit says it recorded. */
    private List<Long> fault(int stream) {
        List<Long> recorded = new ArrayList<>();
        for (long number = 0; recorded.size() < RECORDS_EACH; number++) {
            long address = number << 12 & INPUT_RANGE;
            long packed = unit.translate(stream, -1, address, 1);
            if (Translations.isOk(packed) || Translations.faultCode(packed) != 0x10) {
                throw new AssertionError("not F_TRANSLATION: 0x" + Long.toHexString(packed));
            }
            if (Translations.isRecorded(packed)) {
                recorded.add(address);
            } else {
                Thread.onSpinWait();
            }
        }
        return recorded;
    }

    private void collect(Map<Integer, List<Long>> read) {
        for (List<Long> record : rig.drainEvents()) {
            int stream = (int) (record.get(0) >>> 32);
            assertThat(record.get(0)).isEqualTo((long) stream << 32 | 0x10);
            assertThat(record.get(1)).isEqualTo(F_TRANSLATION_OF_A_READ);
            assertThat(record.get(3)).isZero();
            read.computeIfAbsent(stream, unused -> new ArrayList<>()).add(record.get(2));
        }
    }
}
