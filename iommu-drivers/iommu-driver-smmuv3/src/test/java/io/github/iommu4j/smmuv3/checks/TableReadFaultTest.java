package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A stage-2 fault of the SMMU's own read: the record's RnW is that of the access (IHI 0070 §7.3.13-16). */
class TableReadFaultTest {

    private static final int STREAM = 1;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long STAGE1_ROOT = 0x4020_0000L;
    private static final long STAGE2_ROOT = 0x5000_0000L;
    private static final long READABLE = 1L << 6;

    private final SparseMemory memory = new SparseMemory();
    private final Rig rig =
            new Rig(Units.smmu(memory, Smmuv3Capabilities.linuxVirt10(), Units.Caching.DEFAULT), memory, Rig.QUEUES);

    private EventRecord recordOf(Access access, long contextPage, long tablePage) {
        memory.store64(Layouts.tables(memory, STAGE2_ROOT, CONTEXT), contextPage);
        long level3 = STAGE2_ROOT + 0x3000;
        memory.store64(STAGE2_ROOT + 0x1000 + 8 * (STAGE1_ROOT >>> 21 & 511), level3 | 3);
        memory.store64(level3, tablePage);
        Layouts.context(memory, CONTEXT, 1, STAGE1_ROOT);
        Layouts.nestedStream(memory, STREAM, 1, CONTEXT, STAGE2_ROOT);
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        rig.unit().translate(STREAM, -1, Layouts.INPUT, access.bits());
        List<Long> words = rig.drainEvents().get(0);
        return new EventRecord(words.get(0), words.get(1), words.get(2), words.get(3));
    }

    @ParameterizedTest
    @EnumSource(Access.class)
    void aRefusedReadOfATableShowsTheAccessAndThatTheTableWasRead(Access access) {
        EventRecord record = recordOf(access, Layouts.stage2Page(CONTEXT), Layouts.stage2Page(STAGE1_ROOT) & ~READABLE);
        assertThat(record.number()).isEqualTo(0x13);
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(record.s2()).isTrue();
        assertThat(record.ttrnw()).isTrue();
        assertThat(record.rnw()).isEqualTo((access.bits() & Access.WRITE_BIT) == 0);
        assertThat(record.ipa()).isEqualTo(STAGE1_ROOT);
    }

    @Test
    void aRefusedReadOfAContextShowsTheAccess() {
        EventRecord record =
                recordOf(Access.WRITE, Layouts.stage2Page(CONTEXT) & ~READABLE, Layouts.stage2Page(STAGE1_ROOT));
        assertThat(record.number()).isEqualTo(0x13);
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_CD);
        assertThat(record.rnw()).isFalse();
        assertThat(record.ttrnw()).isFalse();
        assertThat(record.ipa()).isEqualTo(CONTEXT);
    }
}
