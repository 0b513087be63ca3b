package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import org.junit.jupiter.api.Test;

/** What one invalidation by address reaches (IHI 0070 §4.4, §16.2). */
class InvalidationTest {

    private static final int STREAM = 2;
    private static final int VMID = 5;
    private static final int ASID = 6;
    private static final long PAGE = 0x1000;
    private static final int PAGES = 512;
    private static final long BLOCK = PAGES * PAGE;
    private static final long INPUT = 0x7_4060_0000L;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long STAGE1_ROOT = 0x4010_0000L;
    private static final long STAGE2_ROOT = 0x4020_0000L;
    private static final long GUEST_BLOCK = 0x4080_0000L;

    private final SparseMemory memory = new SparseMemory();
    private final Rig rig =
            new Rig(Units.smmu(memory, Smmuv3Capabilities.linuxVirt10(), Units.Caching.DEFAULT), memory, Rig.QUEUES);

    /** Stage 1 maps one 2 MiB block; stage 2 maps everything below 2 GiB to itself in 4 KiB pages. */
    private long nestedBlockOverPages() {
        Layouts.context(memory, CONTEXT, ASID, STAGE1_ROOT);
        memory.store64(STAGE1_ROOT + 8 * (INPUT >>> 30 & 511), STAGE1_ROOT + PAGE | 3);
        long block = STAGE1_ROOT + PAGE + 8 * (INPUT >>> 21 & 511);
        memory.store64(block, Layouts.stage1Page(GUEST_BLOCK) & ~2L);
        memory.store64(STAGE2_ROOT + 8, STAGE2_ROOT + PAGE | 3);
        for (long number = 0; number < 16; number++) {
            long table = STAGE2_ROOT + (2 + number) * PAGE;
            memory.store64(STAGE2_ROOT + PAGE + 8 * number, table | 3);
            for (long page = 0; page < PAGES; page++) {
                memory.store64(table + 8 * page, Layouts.stage2Page(0x4000_0000L + number * BLOCK + page * PAGE));
            }
        }
        Layouts.nestedStream(memory, STREAM, VMID, CONTEXT, STAGE2_ROOT);
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        return block;
    }

    private long translate(long page) {
        return rig.unit().translate(STREAM, -1, INPUT + page * PAGE, 1);
    }

    @Test
    void oneAddressOfABlockReachesEveryPieceThatStage2CutItInto() {
        long block = nestedBlockOverPages();
        for (long page = 0; page < PAGES; page++) {
            assertThat(Translations.pa(translate(page))).isEqualTo(GUEST_BLOCK + page * PAGE);
            assertThat(Translations.sizeLg2(translate(page))).isEqualTo(12);
        }
        memory.store64(block, 0);
        rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID, INPUT + 77 * PAGE, 1, 0));
        rig.sync();
        for (long page = 0; page < PAGES; page++) {
            assertThat(Translations.isOk(translate(page))).as("page %d", page).isFalse();
        }
    }

    @Test
    void anotherAddressLeavesThePiecesAlone() {
        long block = nestedBlockOverPages();
        long before = translate(3);
        memory.store64(block, 0);
        rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID, INPUT + BLOCK, 1, 0));
        rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID + 1, INPUT, 1, 0));
        rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID + 1, ASID, INPUT, 1, 0));
        rig.sync();
        assertThat(translate(3)).isEqualTo(before);
    }
}
