package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the kernel's self tests of io-pgtable-arm and io-pgtable-arm-v7s (Linux 6.1) assert, step by step. */
class KernelSelfTest {

    private static final long GIB = 1L << 30;
    private static final Prot FULL = Prot.READ_WRITE.and(Prot.NOEXEC).and(Prot.CACHE);
    private static final Prot OTHER = Prot.READ.and(Prot.NOEXEC);

    private final TableRig rig = new TableRig();

    /** Checks what it is asked to invalidate: sizes have a bit in common with the page sizes. */
    private record Checked(TableRig rig, long sizes) implements TlbInvalidation {

        @Override
        public void flushAll() {
            rig.flushAll();
        }

        @Override
        public void flushWalk(long iova, long size, long granule) {
            assertThat(size & sizes).isNotZero();
            rig.flushWalk(iova, size, granule);
        }

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
            assertThat(granule & sizes).isNotZero();
            rig.addPage(gather, iova, granule);
        }
    }

    static Stream<Arguments> lpaeConfigurations() {
        return Stream.of(0x4020_1000L, 0x200_4000L, 0x2001_0000L)
                .flatMap(sizes -> IntStream.of(32, 36, 40, 42, 44, 48)
                        .boxed()
                        .flatMap(ias -> Stream.of(LpaeKind.ARM_64_LPAE_S1, LpaeKind.ARM_64_LPAE_S2)
                                .map(kind -> Arguments.of(kind, sizes, ias))));
    }

    @ParameterizedTest
    @MethodSource("lpaeConfigurations")
    void longDescriptorsPass(LpaeKind kind, long sizes, int ias) {
        PageTableEnvironment environment =
                rig.environment().tlb(new Checked(rig, sizes)).build();
        PageTable table = LpaeTable.create(kind, ArmTableConfig.of(new PageSizes(sizes), ias, 48), environment)
                .pageTable();
        List<Long> each = each(sizes);
        long smallest = each.get(0);
        expectEmpty(table);
        mapEach(table, each, GIB);
        assertThat(table.unmap(GIB + smallest, smallest, 1, null)).isEqualTo(smallest);
        map(table, GIB + smallest, smallest, smallest, Prot.READ);
        assertThat(table.iovaToPhys(GIB + smallest + 42)).isEqualTo(smallest + 42);
        remapEach(table, each, GIB);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    void shortDescriptorsPass() {
        long sizes = 0x111_1000L;
        long slot = 1 << 24;
        PageTableEnvironment environment =
                rig.environment().tlb(new Checked(rig, sizes)).build();
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(sizes), 32, 32).withQuirks(ArmTableQuirk.NS);
        PageTable table = ShortDescriptorTable.create(config, environment).pageTable();
        List<Long> each = each(sizes);
        expectEmpty(table);
        mapEach(table, each, slot);
        for (int k = 1; k < each.size(); k++) {
            long page = k * slot + 0x1000;
            assertThat(table.unmap(page, 0x1000, 1, null)).isEqualTo(0x1000);
            map(table, page, 0x1000, 0x1000, Prot.READ);
            assertThat(table.iovaToPhys(page + 42)).isEqualTo(0x1000 + 42);
        }
        remapEach(table, each, slot);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    private static List<Long> each(long sizes) {
        return LongStream.range(12, 48)
                .map(bit -> 1L << bit)
                .filter(size -> (sizes & size) != 0)
                .boxed()
                .toList();
    }

    private static void expectEmpty(PageTable table) {
        assertThat(List.of(table.iovaToPhys(42), table.iovaToPhys(GIB + 42), table.iovaToPhys(2 * GIB + 42)))
                .containsOnly(0L);
    }

    private void mapEach(PageTable table, List<Long> sizes, long slot) {
        for (int k = 0; k < sizes.size(); k++) {
            long iova = k * slot;
            long size = sizes.get(k);
            map(table, iova, iova, size, FULL);
            assertThatThrownBy(() -> map(table, iova, iova + size, size, OTHER)).isInstanceOf(IommuException.class);
            assertThat(table.iovaToPhys(iova + 42)).isEqualTo(iova + 42);
        }
    }

    private void remapEach(PageTable table, List<Long> sizes, long slot) {
        for (int k = 0; k < sizes.size(); k++) {
            long iova = k * slot;
            assertThat(table.unmap(iova, sizes.get(k), 1, null)).isEqualTo(sizes.get(k));
            assertThat(table.iovaToPhys(iova + 42)).isZero();
            map(table, iova, iova, sizes.get(k), Prot.WRITE);
            assertThat(table.iovaToPhys(iova + 42)).isEqualTo(iova + 42);
        }
    }

    private static void map(PageTable table, long iova, long pa, long size, Prot prot) {
        table.map(iova, pa, size, 1, prot, new MapProgress());
    }
}
