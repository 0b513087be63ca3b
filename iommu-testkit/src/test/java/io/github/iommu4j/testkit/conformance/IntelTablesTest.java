package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.core.pagetable.intel.IntelTable;
import io.github.iommu4j.core.pagetable.intel.IntelTableConfig;
import io.github.iommu4j.core.pagetable.intel.SnoopControl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;

/** Intel's tables in their stages and widths, under the rules that all formats share. */
class IntelTablesTest {

    private static PageTableSubject subject(IntelTableConfig config) {
        IntelTableConfig pageByPage = config.withRunRule(RunRule.PAGE_BY_PAGE);
        return new PageTableSubject(
                environment -> IntelTable.create(pageByPage, environment).pageTable(),
                (memory, root, iova) -> walk(new Walk(memory, config), root, iova));
    }

    private record Walk(PhysicalMemory memory, IntelTableConfig config) {}

    /** As Intel VT-d §3.6 and §3.7 say; permissions are those of all levels together. */
    private static HardwareWalk.@Nullable Found walk(Walk walk, long root, long iova) {
        boolean first = walk.config.stage() == IntelStage.FIRST;
        long entry = root;
        long allowed = first ? 0x7 : 0x3;
        for (int shift = walk.config.width() - 9; ; shift -= 9) {
            long raw = walk.memory.load64((entry & 0x000F_FFFF_FFFF_F000L) + (iova >>> shift & 0x1FF) * 8);
            if ((raw & (first ? 1 : 3)) == 0) {
                return null;
            }
            allowed &= raw;
            if (shift == 12 || (raw & 0x80) != 0 && shift <= 30) {
                long offset = (1L << shift) - 1;
                return new HardwareWalk.Found(
                        raw & 0x000F_FFFF_FFFF_F000L & ~offset | iova & offset,
                        first ? ofFirst(allowed) : prot(allowed));
            }
            entry = raw;
        }
    }

    private static @Nullable Prot prot(long allowed) {
        return new Prot((int) allowed & 3);
    }

    private static @Nullable Prot ofFirst(long allowed) {
        return (allowed & 4) == 0 ? null : new Prot((allowed & 2) != 0 ? 3 : 1);
    }

    @Nested
    class SecondStageOf39Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return IntelTablesTest.subject(IntelTableConfig.of(IntelStage.SECOND, 39)
                    .withLargePages(1)
                    .withCoherency(WalkCoherency.NON_COHERENT)
                    .withSnoop(SnoopControl.FORCED));
        }
    }

    @Nested
    class SecondStageOf48Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return IntelTablesTest.subject(
                    IntelTableConfig.of(IntelStage.SECOND, 48).withLargePages(3));
        }
    }

    @Nested
    class SecondStageOf57Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return IntelTablesTest.subject(
                    IntelTableConfig.of(IntelStage.SECOND, 57).withLargePages(3));
        }
    }

    @Nested
    class FirstStageOf48Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return IntelTablesTest.subject(
                    IntelTableConfig.of(IntelStage.FIRST, 48).withLargePages(3));
        }
    }

    @Nested
    class FirstStageOf57Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return IntelTablesTest.subject(
                    IntelTableConfig.of(IntelStage.FIRST, 57).withCoherency(WalkCoherency.NON_COHERENT));
        }
    }
}
