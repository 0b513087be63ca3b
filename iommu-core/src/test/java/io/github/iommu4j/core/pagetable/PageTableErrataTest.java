package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each mistake is silent when off, shows when on, and leaves everything else alone. */
class PageTableErrataTest {

    private static final long PAGE = 0x1000;
    private static final long SECTION = 1 << 20;
    private static final long SUPERSECTION = 1 << 24;

    /** A table, and what is wrong with it. */
    private static final class Case {

        final TableRig rig = new TableRig();
        final PageTable table;
        final List<String> wrong = new ArrayList<>();

        Case(Function<PageTableEnvironment, PageTable> maker, Set<PageTableErratum> errata) {
            PageTableEnvironment.Builder environment = rig.environment();
            errata.forEach(environment::erratum);
            this.table = maker.apply(environment.build());
        }

        void map(long iova, long pa, long size, long count) {
            table.map(iova, pa, size, count, Prot.READ_WRITE, new MapProgress());
        }

        void expect(long iova, long pa) {
            long found = table.iovaToPhys(iova);
            if (found != pa) {
                wrong.add(String.format("0x%x goes to 0x%x instead of 0x%x", iova, found, pa));
            }
        }

        void expectUnmapped(long iova, long size, long count) {
            long unmapped = table.unmap(iova, size, count, null);
            if (unmapped != size * count) {
                wrong.add(String.format("0x%x bytes were unmapped at 0x%x", unmapped, iova));
            }
        }

        void expectRefused(long iova, long pa, long count) {
            try {
                map(iova, pa, PAGE, count);
                wrong.add(String.format("0x%x was mapped to 0x%x", iova, pa));
            } catch (IommuException refusal) {
                assertThat(refusal).hasMessageContaining("ERANGE");
            }
        }
    }

    private static PageTable shortDescriptors(PageTableEnvironment environment) {
        return ShortDescriptorTable.create(ArmTableConfig.of(new PageSizes(0x111_1000), 32, 32), environment)
                .pageTable();
    }

    private static PageTable mediatek(PageTableEnvironment environment) {
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x111_1000), 34, 35)
                .withQuirks(ArmTableQuirk.NO_PERMS, ArmTableQuirk.MTK_EXT);
        return ShortDescriptorTable.create(config, environment).pageTable();
    }

    private static PageTable lpae(PageTableEnvironment environment) {
        return LpaeTable.create(
                        LpaeKind.ARM_64_LPAE_S1, ArmTableConfig.of(new PageSizes(0x4020_1000L), 39, 40), environment)
                .pageTable();
    }

    private static List<String> run(
            PageTableErratum erratum, Set<PageTableErratum> on, Function<PageTableEnvironment, PageTable> maker) {
        Case scene = new Case(maker, on);
        switch (erratum) {
            case SPLIT_LOSES_ADDRESS -> {
                scene.map(SECTION, 0x4010_0000L, SECTION, 1);
                scene.expectUnmapped(SECTION + 3 * PAGE, PAGE, 1);
                scene.expect(SECTION + PAGE + 5, 0x4010_1005L);
            }
            case GROUP_SPLIT_RETURNS_FIRST -> {
                scene.map(SUPERSECTION, 0x4000_0000L, SUPERSECTION, 1);
                scene.expectUnmapped(SUPERSECTION + 5 * SECTION, PAGE, 1);
            }
            case RUN_END_UNCHECKED -> {
                scene.expectRefused(0x4000, (1L << scene.table.format().outputBits()) - PAGE, 2);
            }
            case LOOKUP_ALIASES -> {
                scene.map(PAGE, PAGE, PAGE, 1);
                scene.expect((1L << scene.table.format().inputBits()) + PAGE, 0);
            }
            default -> throw new AssertionError(erratum + " is none of ARM's tables");
        }
        scene.table.destroy();
        assertThat(scene.rig.arena.live()).isEmpty();
        return scene.wrong;
    }

    @ParameterizedTest
    @EnumSource(names = {"SPLIT_LOSES_ADDRESS", "GROUP_SPLIT_RETURNS_FIRST", "RUN_END_UNCHECKED", "LOOKUP_ALIASES"})
    void aMistakeShowsOnlyWhenItIsOn(PageTableErratum erratum) {
        Set<PageTableErratum> others = EnumSet.complementOf(EnumSet.of(erratum));
        assertThat(run(erratum, Set.of(), PageTableErrataTest::shortDescriptors))
                .isEmpty();
        assertThat(run(erratum, Set.of(erratum), PageTableErrataTest::shortDescriptors))
                .hasSize(1);
        assertThat(run(erratum, others, PageTableErrataTest::shortDescriptors)).isEmpty();
        assertThat(run(erratum, Set.of(), PageTableErrataTest::mediatek)).isEmpty();
        assertThat(run(erratum, Set.of(erratum), PageTableErrataTest::mediatek)).hasSize(1);
        assertThat(erratum.story()).isNotBlank();
    }

    @Test
    void longDescriptorsHaveThoseThatAreNotOfShortOnesAlone() {
        Predicate<PageTableErratum> shows = erratum ->
                !run(erratum, Set.of(erratum), PageTableErrataTest::lpae).isEmpty();
        assertThat(shows).accepts(PageTableErratum.RUN_END_UNCHECKED, PageTableErratum.LOOKUP_ALIASES);
    }

    @Test
    void aSplitSectionOfMediatekLosesItsHighBitsToo() {
        Case scene = new Case(PageTableErrataTest::mediatek, Set.of(PageTableErratum.SPLIT_LOSES_ADDRESS));
        scene.map(SECTION, 0x6_4010_0000L, SECTION, 1);
        scene.table.unmap(SECTION, 0x1_0000, 1, null);
        assertThat(scene.table.iovaToPhys(SECTION + 0x1_2345)).isEqualTo(0x1_2345);
    }

    @Test
    void theSecondTryInAnotherSectionWorks() {
        Case scene =
                new Case(PageTableErrataTest::shortDescriptors, Set.of(PageTableErratum.GROUP_SPLIT_RETURNS_FIRST));
        scene.map(SUPERSECTION, 0x4000_0000L, SUPERSECTION, 1);
        long page = SUPERSECTION + 5 * SECTION;
        assertThat(scene.table.unmap(page, PAGE, 1, null)).isZero();
        assertThat(scene.rig.warnings()).isEmpty();
        assertThat(scene.rig.arena.live()).hasSize(1);
        assertThat(scene.table.unmap(page, PAGE, 1, null)).isEqualTo(PAGE);
        assertThat(scene.table.unmap(SUPERSECTION, PAGE, 1, null)).isEqualTo(PAGE);
        scene.expect(page + PAGE, 0x4050_1000L);
        assertThat(scene.wrong).isEmpty();
    }

    @Test
    void anUncheckedRunGoesOnAtZero() {
        Case scene = new Case(PageTableErrataTest::shortDescriptors, Set.of(PageTableErratum.RUN_END_UNCHECKED));
        scene.map(0xFFFF_F000L, 0x4000_1000L, PAGE, 2);
        scene.expect(0xFFFF_F000L, 0x4000_1000L);
        scene.expect(0, 0x4000_2000L);
        scene.expectUnmapped(0xFFFF_F000L, PAGE, 2);
        assertThat(scene.wrong).isEmpty();
        assertThat(scene.rig.tlb).containsExactly("page 0xfffff000 0x1000", "page 0x100000000 0x1000");
    }

    @Test
    void anUncheckedOutputAddressIsCut() {
        Case scene = new Case(PageTableErrataTest::shortDescriptors, Set.of(PageTableErratum.RUN_END_UNCHECKED));
        scene.map(0x4000, 0xFFFF_F000L, PAGE, 2);
        scene.expect(0x5000, 0);
        Case longDescriptors = new Case(PageTableErrataTest::lpae, Set.of(PageTableErratum.RUN_END_UNCHECKED));
        longDescriptors.map(0x4000, 0xFF_FFFF_F000L, PAGE, 2);
        longDescriptors.expect(0x5000, 1L << 40);
        assertThat(scene.wrong).isEmpty();
        assertThat(longDescriptors.wrong).isEmpty();
    }

    @Test
    void checkedRunsOfUnmappingWarn() {
        Case scene = new Case(PageTableErrataTest::shortDescriptors, Set.of());
        scene.map(0xFFFF_F000L, 0x4000_1000L, PAGE, 1);
        assertThat(scene.table.unmap(0xFFFF_F000L, PAGE, 2, null)).isZero();
        assertThat(scene.rig.warnings()).hasSize(1);
        scene.expect(0xFFFF_F000L, 0x4000_1000L);
        assertThat(scene.wrong).isEmpty();
    }
}
