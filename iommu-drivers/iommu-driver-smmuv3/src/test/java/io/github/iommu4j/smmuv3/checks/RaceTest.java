package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** No translation that starts after a CMD_SYNC was consumed uses what was invalidated before it. */
class RaceTest {

    private static final int STREAM = 3;
    private static final int VMID = 7;
    private static final int ASID = 9;
    private static final long TRANSLATIONS = 300_000;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;
    private static final long GUEST_ROOT = 0x4800_0000L;
    private static final long NEXT_ROOT = 0x1_0000;
    private static final int ROOTS = 8;

    private final SparseMemory memory = new SparseMemory();
    private final Rig rig =
            new Rig(Units.smmu(memory, Smmuv3Capabilities.linuxVirt10(), Units.Caching.DEFAULT), memory, Rig.QUEUES);

    @Test
    void aStage1DescriptorIsForgottenAfterTlbiByAddress() throws Exception {
        long leaf = Layouts.tables(memory, ROOT, Layouts.INPUT);
        Layouts.context(memory, CONTEXT, ASID, ROOT);
        Layouts.stage1Stream(memory, STREAM, VMID, CONTEXT);
        race(version -> {
            memory.store64(leaf, Layouts.stage1Page(version << 12));
            rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID, Layouts.INPUT, version & 1, 0));
            rig.sync();
        });
    }

    @Test
    void aStage2DescriptorIsForgottenAfterTlbiByIpa() throws Exception {
        long leaf = Layouts.tables(memory, ROOT, Layouts.INPUT);
        Layouts.stage2Stream(memory, STREAM, VMID, ROOT);
        race(version -> {
            memory.store64(leaf, Layouts.stage2Page(version << 12));
            rig.command(Commands.tlbiAddress(Commands.TLBI_S2_IPA, VMID, 0, Layouts.INPUT, 0, 0));
            rig.sync();
        });
    }

    @Test
    void bothStagesOfANestedStreamAreForgotten() throws Exception {
        long leaf1 = Layouts.tables(memory, GUEST_ROOT, Layouts.INPUT);
        Layouts.context(memory, CONTEXT, ASID, GUEST_ROOT);
        long leaf2 = mapGuest(CONTEXT);
        for (long page = 0; page < 0x3000; page += 0x1000) {
            memory.store64(mapGuest(GUEST_ROOT + page), Layouts.stage2Page(GUEST_ROOT + page));
        }
        memory.store64(leaf2, Layouts.stage2Page(CONTEXT));
        Layouts.nestedStream(memory, STREAM, VMID, CONTEXT, ROOT);
        long[] pages = {0x10_0000L, 0x10_1000L};
        race(version -> {
            long page = pages[(int) (version / 2) & 1];
            memory.store64(mapGuest(page), Layouts.stage2Page(version << 12));
            rig.command(Commands.tlbiAddress(Commands.TLBI_S2_IPA, VMID, 0, page, 0, 0));
            rig.command(Commands.tlbiVmid(Commands.TLBI_NH_ALL, VMID));
            rig.sync();
            memory.store64(leaf1, Layouts.stage1Page(page));
            rig.command(Commands.tlbiAddress(Commands.TLBI_NH_VA, VMID, ASID, Layouts.INPUT, 1, 0));
            rig.sync();
        });
    }

    @Test
    void aStreamTableEntryIsForgottenAfterCfgiSte() throws Exception {
        long[] leaves = roots();
        Layouts.stage2Stream(memory, STREAM, VMID, ROOT);
        race(version -> {
            int next = (int) (version % ROOTS);
            memory.store64(leaves[next], Layouts.stage2Page(version << 12));
            memory.store64(Layouts.streamEntry(STREAM) + 24, ROOT + next * NEXT_ROOT);
            rig.command(Commands.cfgiSte(STREAM, 1));
            rig.command(Commands.tlbiVmid(Commands.TLBI_S12_VMALL, VMID));
            rig.sync();
        });
    }

    @Test
    void aContextDescriptorIsForgottenAfterCfgiCd() throws Exception {
        long[] leaves = roots();
        Layouts.context(memory, CONTEXT, ASID, ROOT);
        Layouts.stage1Stream(memory, STREAM, VMID, CONTEXT);
        race(version -> {
            int next = (int) (version % ROOTS);
            memory.store64(leaves[next], Layouts.stage1Page(version << 12));
            memory.store64(CONTEXT + 8, ROOT + next * NEXT_ROOT);
            rig.command(Commands.cfgiCd(STREAM, 0, 1));
            rig.command(Commands.tlbiAsid(VMID, ASID));
            rig.sync();
        });
    }

    private long[] roots() {
        long[] leaves = new long[ROOTS];
        for (int i = 0; i < ROOTS; i++) {
            leaves[i] = Layouts.tables(memory, ROOT + i * NEXT_ROOT, Layouts.INPUT);
        }
        return leaves;
    }

    /** Where the stage-2 descriptor of an IPA below 1 GiB and a half goes; one table for each 2 MiB. */
    private long mapGuest(long ipa) {
        long level2 = ROOT + 0x1000 + (ipa >>> 30 & 511) * 0x1000;
        long level3 = ROOT + 0x10_0000 + (ipa >>> 21 & 511) * 0x1000 + (ipa >>> 30 & 511) * 0x20_0000;
        memory.store64(ROOT + 8 * (ipa >>> 30 & 511), level2 | 3);
        memory.store64(level2 + 8 * (ipa >>> 21 & 511), level3 | 3);
        return level3 + 8 * (ipa >>> 12 & 511);
    }

    private void race(Race.Change change) throws InterruptedException, ExecutionException, TimeoutException {
        rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
        long done = new Race().run(rig.unit(), number -> STREAM, TRANSLATIONS, change);
        assertThat(done).isGreaterThanOrEqualTo(TRANSLATIONS);
    }
}
