package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.driver.ContextTable.Levels;
import io.github.iommu4j.smmuv3.driver.StreamEntries.DefaultSubstream;
import io.github.iommu4j.smmuv3.driver.StructureBench.Plan;
import io.github.iommu4j.smmuv3.driver.StructureBench.Polling;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Context tables, in front of hardware that caches whatever it may. */
class ContextTableTest {

    private static final int STREAM = 3;
    private static final int TWIN = 259;
    private static final long IOVA = 0x1234_5678L;
    private static final long ROOTS = 0x8000_0000L;

    private static Plan plan() {
        Plan plan = new Plan();
        plan.caches =
                CacheGeometry.DEFAULT.keeping(CacheGeometry.Structures.ALL).withoutTlb();
        plan.capabilities = Smmuv3Capabilities.linuxVirt10().toBuilder()
                .set(IdField.SSIDSIZE, 20)
                .set(IdField.CD2L, 1)
                .build();
        return plan;
    }

    /** A context whose one entry is a block of 1 GiB: everything is at {@code number} GiB. */
    private static LpaeRegisters.Stage1 space(StructureBench bench, int number) {
        long root = ROOTS + number * 0x1000L;
        bench.memory.store64(root, (long) number << 30 | 0xC41);
        return new LpaeRegisters.Stage1(root, 0xFF44_0CFFL, new LpaeRegisters.Tcr(4, 0, 3, 1, 1, 25));
    }

    private static ContextTable attached(StructureBench bench, int bits, Levels levels) {
        ContextTable table = new ContextTable(bench.parts, bench.ring, bits, levels, STREAM, TWIN);
        StreamEntries entries = new StreamEntries(bench.parts.release());
        for (int streamId : new int[] {STREAM, TWIN}) {
            bench.streams.prepare(streamId);
            bench.streams.write(streamId, entries.stage1(table, DefaultSubstream.SUBSTREAM_0, Set.of()));
        }
        return table;
    }

    private static Translation read(StructureBench bench, int streamId, int substreamId) {
        DmaRequest request = DmaRequest.read(streamId, IOVA);
        return bench.unit.translate(substreamId == 0 ? request : request.withSubstream(substreamId));
    }

    private static long pa(StructureBench bench, int streamId, int substreamId) {
        return read(bench, streamId, substreamId) instanceof Translation.Ok ok ? ok.pa() : -1;
    }

    @ParameterizedTest
    @CsvSource({"0, LINEAR", "5, LINEAR", "10, TWO", "11, TWO", "16, TWO", "20, TWO", "14, LINEAR"})
    void aContextIsInvalidUntilItIsWrittenAndForgottenOnceItIsCleared(int bits, Levels levels) {
        StructureBench bench = plan().boot();
        ContextTable table = attached(bench, bits, levels);
        int last = (1 << bits) - 1;
        for (int substreamId : new int[] {0, Math.min(1, last), last}) {
            assertThat(pa(bench, STREAM, substreamId)).isEqualTo(-1);
            table.clear(substreamId);
            table.prepare(substreamId);
            assertThat(table.read(substreamId)).isEqualTo(ContextDescriptors.none());
            assertThat(pa(bench, TWIN, substreamId)).isEqualTo(-1);
            table.write(substreamId, ContextDescriptors.stage1(1, space(bench, 5), Set.of()));
            assertThat(pa(bench, STREAM, substreamId)).isEqualTo(5L << 30 | IOVA);
            assertThat(pa(bench, TWIN, substreamId)).isEqualTo(5L << 30 | IOVA);
            table.write(substreamId, ContextDescriptors.stage1(2, space(bench, 6), Set.of()));
            assertThat(pa(bench, TWIN, substreamId)).isEqualTo(6L << 30 | IOVA);
            table.clear(substreamId);
            assertThat(pa(bench, STREAM, substreamId)).isEqualTo(-1);
        }
        assertThat(table.read(last)).isEqualTo(ContextDescriptors.none());
        assertThat(bench.log()).isEmpty();
    }

    @Test
    void aSubstreamBehindTheTableIsOutOfRange() {
        StructureBench bench = plan().boot();
        ContextTable table = new ContextTable(bench.parts, bench.ring, 4, Levels.TWO, STREAM);
        for (int substreamId : new int[] {16, -1}) {
            assertThatThrownBy(() -> table.prepare(substreamId))
                    .isInstanceOfSatisfying(
                            IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ERANGE));
        }
    }

    @Test
    void allMemoryGoesBackOnceTheUnitHasForgotten() {
        StructureBench bench = plan().boot();
        bench.streams.prepare(STREAM);
        bench.streams.prepare(TWIN);
        int before = bench.parts.structures().inUse();
        ContextTable table = attached(bench, 16, Levels.TWO);
        table.prepare(1);
        table.prepare(5000);
        table.prepare(5001);
        assertThat(table.read(2000)).isEqualTo(ContextDescriptors.none());
        assertThat(bench.parts.structures().inUse()).isEqualTo(before + 3);
        bench.streams.write(STREAM, bench.abort());
        bench.streams.write(TWIN, bench.abort());
        table.free();
        assertThat(bench.parts.structures().inUse()).isEqualTo(before);
    }

    @Test
    void memoryStaysWhereTheUnitDoesNotSayThatItHasForgotten() {
        Plan plan = plan();
        plan.ticker = () -> 0;
        plan.processing = CommandProcessing.STEPPED;
        plan.polling = Polling.DOES_NOTHING;
        StructureBench bench = plan.boot();
        ContextTable table = new ContextTable(bench.parts, bench.ring, 0, Levels.LINEAR, STREAM);
        int before = bench.parts.structures().inUse();
        table.free();
        assertThat(bench.parts.structures().inUse()).isEqualTo(before);
        assertThat(bench.log()).contains("context tables are kept: ETIMEDOUT");
        bench.parts.structures().freeAll();
        assertThat(bench.parts.structures().inUse()).isZero();
    }
}
