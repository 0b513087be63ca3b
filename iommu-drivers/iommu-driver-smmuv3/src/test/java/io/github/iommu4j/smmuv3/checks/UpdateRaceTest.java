package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/**
 * Devices read and write through tables whose access flags and dirty states the SMMU keeps, while software takes pages and
 * tables away: no write is forgotten, and nothing is written to what software has for itself.
 */
class UpdateRaceTest {

    private static final int DEVICES = 2;
    private static final int VERSIONS = 4_000;
    private static final int STREAM = 3;
    private static final int VMID = 7;
    private static final int ASID = 9;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;
    private static final long UPDATES = 3L << 42;
    private static final long DBM = 1L << 51;
    private static final long READ_ONLY = 1L << 7;
    private static final long AF = 1L << 10;
    private static final long OUTPUT = (1L << 48) - (1L << 12);
    private static final long TABLE = 3;

    private final SparseMemory memory = new SparseMemory();
    private final TranslationUnit unit = Units.smmu(memory, Smmuv3Capabilities.everything(), Units.Caching.DEFAULT);
    private final Rig rig = new Rig(unit, memory, Rig.QUEUES);
    private final AtomicLongArray reads = new AtomicLongArray(VERSIONS + 1);
    private final AtomicLongArray writes = new AtomicLongArray(VERSIONS + 1);
    private volatile boolean over;

    /** One version of the mapping, from its publication to its end. */
    private interface Version {
        void play(int number);
    }

    /** Clean and not accessed. */
    private static long fresh(int version) {
        return Layouts.stage1Page((long) version << 12) & ~AF | READ_ONLY | DBM;
    }

    @Test
    void noReadAndNoWriteOfAPageThatIsTakenAwayIsForgotten() throws Exception {
        long leaf = Layouts.tables(memory, ROOT, Layouts.INPUT);
        long[] taken = new long[VERSIONS + 1];
        race(version -> {
            memory.store64(leaf, fresh(version));
            awaitUse(version);
            taken[version] = take(leaf);
            forget();
            assertThat(memory.load64(leaf)).as("not brought back").isZero();
            assertThat(taken[version] & OUTPUT).isEqualTo((long) version << 12);
        });
        int dirty = 0;
        for (int version = 1; version <= VERSIONS; version++) {
            boolean isDirty = (taken[version] & READ_ONLY) == 0;
            assertThat(isDirty || writes.get(version) == 0)
                    .as("write of version %d", version)
                    .isTrue();
            boolean isAccessed = (taken[version] & AF) != 0;
            assertThat(isAccessed || reads.get(version) + writes.get(version) == 0)
                    .as("access of version %d", version)
                    .isTrue();
            dirty += isDirty ? 1 : 0;
        }
        assertThat(dirty).isPositive();
    }

    /** The page of a table that was unlinked may hold the very same words as data: nobody may touch them. */
    @Test
    void nothingIsWrittenToATableThatSoftwareHasForItself() throws Exception {
        Layouts.tables(memory, ROOT, Layouts.INPUT);
        long link = ROOT + 0x1000 + 8 * (Layouts.INPUT >>> 21 & 511);
        race(version -> {
            long table = ROOT + 0x10_0000 + 0x1000L * (version & 7);
            long entry = table + 8 * (Layouts.INPUT >>> 12 & 511);
            memory.store64(entry, fresh(version));
            memory.store64(link, table | TABLE);
            awaitUse(version);
            memory.store64(link, 0);
            forget();
            memory.store64(entry, fresh(version));
            for (int spins = 0; spins < 50; spins++) {
                Thread.onSpinWait();
                assertThat(memory.load64(entry)).as("data").isEqualTo(fresh(version));
            }
        });
    }

    @Test
    void nothingIsWrittenOnceTheSmmuIsAcknowledgedToBeDisabled() throws Exception {
        long leaf = Layouts.tables(memory, ROOT, Layouts.INPUT);
        race(version -> {
            memory.store64(leaf, fresh(version));
            awaitUse(version);
            rig.write(Rig.CR0, Rig.CMDQEN | Rig.EVENTQEN);
            assertThat(rig.read(Rig.CR0ACK)).isEqualTo(Rig.CMDQEN | Rig.EVENTQEN);
            memory.store64(leaf, fresh(version));
            for (int spins = 0; spins < 50; spins++) {
                Thread.onSpinWait();
                assertThat(memory.load64(leaf)).isEqualTo(fresh(version));
            }
            memory.store64(leaf, 0);
            forget();
            rig.write(Rig.CR0, Rig.CMDQEN | Rig.EVENTQEN | Rig.SMMUEN);
        });
    }

    private long take(long entry) {
        while (true) {
            long found = memory.load64(entry);
            if (memory.compareAndSet64(entry, found, 0)) {
                return found;
            }
        }
    }

    private void forget() {
        rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID, Layouts.INPUT, 0, 0));
        rig.sync();
    }

    /** Most versions live until a device has used them. */
    private void awaitUse(int version) {
        for (int spins = 0; spins < 2_000 && reads.get(version) + writes.get(version) == 0; spins++) {
            Thread.onSpinWait();
        }
    }

    private void race(Version version) throws Exception {
        Layouts.context(memory, CONTEXT, ASID, ROOT);
        memory.store64(CONTEXT, memory.load64(CONTEXT) & ~(1L << 45) | UPDATES);
        Layouts.stage1Stream(memory, STREAM, VMID, CONTEXT);
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        ExecutorService threads = Executors.newFixedThreadPool(DEVICES);
        List<Future<Void>> devices = new ArrayList<>();
        for (int device = 0; device < DEVICES; device++) {
            devices.add(threads.submit(device(device)));
        }
        try {
            for (int number = 1; number <= VERSIONS; number++) {
                version.play(number);
            }
        } finally {
            over = true;
            threads.shutdown();
        }
        for (Future<Void> device : devices) {
            device.get(60, TimeUnit.SECONDS);
        }
    }

    private Callable<Void> device(int number) {
        return () -> {
            for (int round = number; !over; round++) {
                int access = (round & 1) + 1;
                long packed = unit.translate(STREAM, -1, Layouts.INPUT, access);
                long page = Translations.isOk(packed) ? Translations.pa(packed) >>> 12 : 0;
                if (page != 0 && page <= VERSIONS) {
                    (access == 1 ? reads : writes).incrementAndGet((int) page);
                }
            }
            return null;
        };
    }
}
