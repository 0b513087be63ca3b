package io.github.iommu4j.armshort.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.core.memory.SparseMemory;
import org.junit.jupiter.api.Test;

/** No translation that starts after an invalidation has ended uses what was invalidated. */
class RaceTest {

    private static final long IOVA = 0x1234_5000L;
    private static final long TABLES = 0x8010_0000L;
    private static final int NUMBER_OF_TABLES = 4;
    /** Where change 1 leads: page numbers are the numbers of changes, and 0 stands for none. */
    private static final int PAGES = 0xF_FFFF;

    private final SparseMemory memory = new SparseMemory();

    private static int page(long version) {
        return (int) ((version & PAGES) << 12) | 0xC72;
    }

    private void assertDone(long done) {
        assertThat(done).isGreaterThan(100_000);
    }

    @Test
    void aLevel2WordIsForgottenAfterARangeInvalidation() throws Exception {
        M4u m4u = M4u.builder(memory).build();
        Units.start(m4u);
        Units.level1(memory, IOVA, (int) TABLES | 9);
        assertDone(new Race().run(m4u, Units.MASTER, IOVA, version -> {
            Units.level2(memory, TABLES, IOVA, page(version));
            Units.invalidate(m4u, IOVA, IOVA + 0xFFF);
        }));
    }

    @Test
    void aLevel2WordIsForgottenAfterAFullInvalidation() throws Exception {
        M4u m4u = M4u.builder(memory).build();
        Units.start(m4u);
        Units.level1(memory, IOVA, (int) TABLES | 9);
        assertDone(new Race().run(m4u, Units.MASTER, IOVA, version -> {
            Units.level2(memory, TABLES, IOVA, page(version));
            Units.invalidateAll(m4u);
        }));
    }

    /** Tables take turns; one that is out of use is filled with what must never be seen. */
    @Test
    void aTableThatWasTakenOutIsNeverWalkedAfterTheInvalidation() throws Exception {
        M4u m4u = M4u.builder(memory).build();
        Units.start(m4u);
        assertDone(new Race().run(m4u, Units.MASTER, IOVA, version -> {
            long table = TABLES + version % NUMBER_OF_TABLES * 1024;
            long before = TABLES + (version - 1) % NUMBER_OF_TABLES * 1024;
            Units.level2(memory, table, IOVA, page(version));
            Units.level1(memory, IOVA, (int) table | 9);
            Units.invalidate(m4u, IOVA, IOVA + 0xFFF);
            Units.level2(memory, before, IOVA, page(PAGES));
        }));
    }

    @Test
    void aTableBaseIsForgottenAfterAFullInvalidation() throws Exception {
        ArmV7Mmu mmu = ArmV7Mmu.builder(memory).build();
        Units.start(mmu);
        for (int i = 0; i < NUMBER_OF_TABLES; i++) {
            memory.store32(Units.ROOT + i * 0x4000L + (IOVA >>> 20 << 2), (int) TABLES + i * 1024 | 1);
        }
        assertDone(new Race().run(mmu, 0, IOVA, version -> {
            int next = (int) (version % NUMBER_OF_TABLES);
            Units.level2(memory, TABLES + next * 1024L, IOVA, page(version));
            Units.set(mmu, ArmV7Register.TTBR0, (int) Units.ROOT + next * 0x4000);
            Units.set(mmu, ArmV7Register.TLBIALL, 0);
            int before = (int) ((version - 1) % NUMBER_OF_TABLES);
            Units.level2(memory, TABLES + before * 1024L, IOVA, page(PAGES));
        }));
    }

    @Test
    void aLevel2WordIsForgottenAfterTlbimva() throws Exception {
        ArmV7Mmu mmu = ArmV7Mmu.builder(memory).build();
        Units.start(mmu);
        Units.level1(memory, IOVA, (int) TABLES | 1);
        assertDone(new Race().run(mmu, 0, IOVA, version -> {
            Units.level2(memory, TABLES, IOVA, page(version));
            Units.set(mmu, (version & 1) == 0 ? ArmV7Register.TLBIMVA : ArmV7Register.TLBIMVAA, (int) IOVA);
        }));
    }
}
