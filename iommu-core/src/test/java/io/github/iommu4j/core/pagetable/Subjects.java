package io.github.iommu4j.core.pagetable;

import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.MTK_EXT;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.MTK_TTBR_EXT;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NO_PERMS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.OUTER_WBWA;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.TTBR1;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Every format there is, in every configuration that makes a difference. */
final class Subjects {

    private static final long SIZES_4K = 0x4020_1000L;
    private static final long SIZES_16K = 0x200_4000L;
    private static final long SIZES_64K = 0x2001_0000L;
    private static final long SIZES_64K_52 = 0x400_2001_0000L;
    private static final long SHORT_SIZES = 0x111_1000L;

    private Subjects() {}

    /** A kind of page table, and how it is made. */
    record Subject(String name, Function<PageTableEnvironment, PageTable> maker) {

        PageTable create(PageTableEnvironment.Builder environment) {
            return maker.apply(environment.build());
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Subject> all() {
        return Stream.of(toys(), lpae().stream(), shortDescriptors().stream())
                .flatMap(each -> each)
                .toList();
    }

    private static Stream<Subject> toys() {
        return Stream.of(
                toy(new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.COHERENT, FreedTables.AFTER_SYNC)),
                toy(new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.NON_COHERENT, FreedTables.AT_ONCE)),
                toy(new ToyFormat(RunRule.PAGE_BY_PAGE, WalkCoherency.COHERENT, FreedTables.AT_ONCE)),
                toy(new ToyFormat(RunRule.PAGE_BY_PAGE, WalkCoherency.NON_COHERENT, FreedTables.AFTER_SYNC)),
                toy(new PpnFormat(RunRule.ONE_TABLE)),
                toy(new PpnFormat(RunRule.PAGE_BY_PAGE)));
    }

    private static Subject toy(PageTableFormat format) {
        return new Subject(format.toString(), environment -> PageTable.create(format, environment));
    }

    static List<Subject> lpae() {
        return List.of(
                lpae("s1-4k-48", LpaeKind.ARM_64_LPAE_S1, config(SIZES_4K, 48, 48)),
                lpae(
                        "s1-4k-39-nc-ns",
                        LpaeKind.ARM_64_LPAE_S1,
                        nonCoherent(SIZES_4K, 39, 40).withQuirks(NS)),
                lpae(
                        "s1-4k-36-nc-outer",
                        LpaeKind.ARM_64_LPAE_S1,
                        nonCoherent(SIZES_4K, 36, 36).withQuirks(OUTER_WBWA)),
                lpae(
                        "s1-4k-39-ttbr1",
                        LpaeKind.ARM_64_LPAE_S1,
                        config(SIZES_4K, 39, 40).withQuirks(TTBR1)),
                lpae("s1-16k-48", LpaeKind.ARM_64_LPAE_S1, config(SIZES_16K, 48, 48)),
                lpae("s1-64k-42", LpaeKind.ARM_64_LPAE_S1, config(SIZES_64K, 42, 44)),
                lpae(
                        "s1-64k-52",
                        LpaeKind.ARM_64_LPAE_S1,
                        config(SIZES_64K_52, 52, 52).withCpuPageSize(0x1_0000)),
                lpae("s2-4k-40-concatenated", LpaeKind.ARM_64_LPAE_S2, config(SIZES_4K, 40, 40)),
                lpae("s2-64k-40-nc", LpaeKind.ARM_64_LPAE_S2, nonCoherent(SIZES_64K, 40, 48)),
                lpae("32s1-4k-32", LpaeKind.ARM_32_LPAE_S1, config(SIZES_4K, 32, 40)),
                lpae("32s2-4k-40-nc", LpaeKind.ARM_32_LPAE_S2, nonCoherent(SIZES_4K, 40, 40)),
                lpae("mali-33", LpaeKind.ARM_MALI_LPAE, config(SIZES_4K, 33, 40)));
    }

    static List<Subject> shortDescriptors() {
        return List.of(
                shortDescriptors("v7s", config(SHORT_SIZES, 32, 32)),
                shortDescriptors("v7s-nc-ns", nonCoherent(SHORT_SIZES, 32, 32).withQuirks(NS)),
                shortDescriptors("v7s-no16m", config(0x11_1000, 31, 32).withQuirks(NO_PERMS)),
                shortDescriptors("v7s-mtk-34", config(SHORT_SIZES, 34, 35).withQuirks(NO_PERMS, MTK_EXT)),
                shortDescriptors(
                        "v7s-mtk-ttbr",
                        nonCoherent(SHORT_SIZES, 32, 35).withQuirks(NO_PERMS, MTK_EXT, MTK_TTBR_EXT, NS)));
    }

    private static ArmTableConfig config(long sizes, int ias, int oas) {
        return ArmTableConfig.of(new PageSizes(sizes), ias, oas);
    }

    private static ArmTableConfig nonCoherent(long sizes, int ias, int oas) {
        return config(sizes, ias, oas).withCoherency(WalkCoherency.NON_COHERENT);
    }

    private static Subject lpae(String name, LpaeKind kind, ArmTableConfig config) {
        return new Subject(
                name, environment -> LpaeTable.create(kind, config, environment).pageTable());
    }

    private static Subject shortDescriptors(String name, ArmTableConfig config) {
        return new Subject(
                name,
                environment -> ShortDescriptorTable.create(config, environment).pageTable());
    }
}
