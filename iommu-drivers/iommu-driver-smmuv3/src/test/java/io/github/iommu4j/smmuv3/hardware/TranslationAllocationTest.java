package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.memory.Allocation;
import org.junit.jupiter.api.Test;

/** Hits, misses and faults of a stream whose configuration is cached allocate nothing. */
class TranslationAllocationTest {

    private static final long VA = 0x1000;
    private static final int ROUNDS = 20_000;

    private long sink;

    private static Translator unit(CacheGeometry caches) {
        SparseMemory memory = new SparseMemory();
        CacheEpoch epoch = new CacheEpoch();
        Smmuv3Capabilities capabilities = Smmuv3Capabilities.everything();
        EventRecorder recorder = (seen, dw0, dw1, dw2, dw3) -> EventRecorder.Outcome.WRITTEN;
        StalledTransactions stalls =
                new StalledTransactions(capabilities, epoch, recorder, Endpoints.NONE, StallRecording.EVERY);
        Translator unit = new Translator(memory, capabilities, caches, epoch, recorder, stalls);
        unit.publish(new ControlState(true, false, true, false, false, 0, Guest.STREAMS, 8));
        long stage2 = Guest.TABLES;
        long stage1 = Guest.TABLES + 0x1000;
        memory.store64(stage2, Guest.BLOCK2);
        memory.store64(stage2 + 8, 0x4000_0000L | Guest.BLOCK2);
        memory.store64(stage1, stage1 + 0x1000 | Guest.TABLE);
        memory.store64(stage1 + 0x1000, 0x5000_0000L | Guest.BLOCK);
        Words.context(stage1).cd().writeTo(memory, Guest.CONTEXTS);
        Words.nested(Guest.CONTEXTS, stage2).ste().writeTo(memory, Guest.STREAMS + 64);
        return unit;
    }

    private void translate(Translator unit, long iova, int access) {
        for (int i = 0; i < ROUNDS; i++) {
            sink += unit.translate(Guest.STREAM, -1, iova, access);
        }
    }

    @Test
    void hitsAllocateNothing() throws ReflectiveOperationException {
        Translator unit = unit(CacheGeometry.DEFAULT);
        assertThat(Allocation.of(() -> translate(unit, VA, Access.READ_BIT))).isLessThan(Allocation.NOISE);
        assertThat(unit.counters().tlbHits()).isEqualTo(2 * ROUNDS - 1);
        assertThat(sink).isNotZero();
    }

    @Test
    void missesAllocateNothing() throws ReflectiveOperationException {
        Translator unit = unit(CacheGeometry.DEFAULT.withoutTlb());
        assertThat(Allocation.of(() -> translate(unit, VA, Access.READ_BIT))).isLessThan(Allocation.NOISE);
        assertThat(unit.counters().tlbMisses()).isEqualTo(2 * ROUNDS);
    }

    @Test
    void faultsAllocateNothing() throws ReflectiveOperationException {
        Translator unit = unit(CacheGeometry.DEFAULT);
        assertThat(Allocation.of(() -> translate(unit, 0x20_0000, Access.WRITE_BIT)))
                .isLessThan(Allocation.NOISE);
        assertThat(unit.counters().faults()).isEqualTo(2 * ROUNDS);
    }
}
