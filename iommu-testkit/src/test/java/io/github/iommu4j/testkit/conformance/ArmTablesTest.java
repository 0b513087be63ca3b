package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import org.junit.jupiter.api.Nested;

/** ARM's tables in their kinds and configurations. */
class ArmTablesTest {

    private static final PageSizes SIZES_4K = new PageSizes(0x4020_1000L);
    private static final PageSizes SIZES_16K = new PageSizes(0x0200_4000L);
    private static final PageSizes SIZES_64K = new PageSizes(0x2001_0000L);
    private static final PageSizes SHORT_SIZES = new PageSizes(0x0111_1000L);

    private static PageTableSubject lpae(LpaeKind kind, ArmTableConfig config, ArmWalks.LongWalk walk) {
        return new PageTableSubject(
                environment -> LpaeTable.create(kind, config, environment).pageTable(), walk);
    }

    private static PageTableSubject shortDescriptors(ArmTableConfig config, ArmWalks.ShortWalk walk) {
        return new PageTableSubject(
                environment -> ShortDescriptorTable.create(config, environment).pageTable(), walk);
    }

    @Nested
    class Stage1Of4K extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return lpae(
                    LpaeKind.ARM_64_LPAE_S1, ArmTableConfig.of(SIZES_4K, 48, 48), ArmWalks.LongWalk.stage1(48, 12, 0));
        }
    }

    @Nested
    class Stage1Of4KWithoutSnooping extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            ArmTableConfig config = ArmTableConfig.of(SIZES_4K, 36, 36).withCoherency(WalkCoherency.NON_COHERENT);
            return lpae(LpaeKind.ARM_64_LPAE_S1, config, ArmWalks.LongWalk.stage1(36, 12, 1));
        }
    }

    @Nested
    class Stage1OfTheUpperHalf extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            ArmTableConfig config = ArmTableConfig.of(SIZES_4K, 39, 40).withQuirks(ArmTableQuirk.TTBR1);
            return lpae(LpaeKind.ARM_64_LPAE_S1, config, ArmWalks.LongWalk.stage1(39, 12, 1));
        }
    }

    @Nested
    class Stage1Of16K extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return lpae(
                    LpaeKind.ARM_64_LPAE_S1, ArmTableConfig.of(SIZES_16K, 48, 48), ArmWalks.LongWalk.stage1(48, 14, 0));
        }
    }

    @Nested
    class Stage1Of64KWith52Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            PageSizes sizes = new PageSizes(SIZES_64K.bitmap() | 1L << 42);
            ArmTableConfig config = ArmTableConfig.of(sizes, 52, 52).withCoherency(WalkCoherency.NON_COHERENT);
            return lpae(LpaeKind.ARM_64_LPAE_S1, config, ArmWalks.LongWalk.stage1(52, 16, 1));
        }
    }

    @Nested
    class Stage2WithTwoTablesSideBySide extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return lpae(
                    LpaeKind.ARM_64_LPAE_S2, ArmTableConfig.of(SIZES_4K, 40, 40), ArmWalks.LongWalk.stage2(40, 12, 1));
        }
    }

    @Nested
    class Stage1Of32Bits extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return lpae(
                    LpaeKind.ARM_32_LPAE_S1, ArmTableConfig.of(SIZES_4K, 32, 40), ArmWalks.LongWalk.stage1(32, 12, 1));
        }
    }

    @Nested
    class Stage2Of32BitsWithoutSnooping extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            ArmTableConfig config = ArmTableConfig.of(SIZES_4K, 40, 40).withCoherency(WalkCoherency.NON_COHERENT);
            return lpae(LpaeKind.ARM_32_LPAE_S2, config, ArmWalks.LongWalk.stage2(40, 12, 1));
        }
    }

    @Nested
    class Mali extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return lpae(LpaeKind.ARM_MALI_LPAE, ArmTableConfig.of(SIZES_4K, 39, 40), ArmWalks.LongWalk.mali(39));
        }
    }

    @Nested
    class ShortDescriptors extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            return shortDescriptors(ArmTableConfig.of(SHORT_SIZES, 32, 32), new ArmWalks.ShortWalk(false, true));
        }
    }

    @Nested
    class ShortDescriptorsWithoutSnooping extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            ArmTableConfig config = ArmTableConfig.of(SHORT_SIZES, 32, 32)
                    .withQuirks(ArmTableQuirk.NS)
                    .withCoherency(WalkCoherency.NON_COHERENT);
            return shortDescriptors(config, new ArmWalks.ShortWalk(false, true));
        }
    }

    @Nested
    class ShortDescriptorsOfMediaTek extends PageTableConformance {
        @Override
        protected PageTableSubject subject() {
            ArmTableConfig config =
                    ArmTableConfig.of(SHORT_SIZES, 34, 34).withQuirks(ArmTableQuirk.MTK_EXT, ArmTableQuirk.NO_PERMS);
            return shortDescriptors(config, new ArmWalks.ShortWalk(true, false));
        }
    }
}
