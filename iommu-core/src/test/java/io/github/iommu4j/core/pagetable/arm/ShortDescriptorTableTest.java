package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.MTK_EXT;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.MTK_TTBR_EXT;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NO_PERMS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.OUTER_WBWA;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.TTBR1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Descriptors and registers of short-descriptor tables against values written down by hand from ARM DDI 0406C. */
class ShortDescriptorTableTest {

    private static final ArmTableConfig PLAIN = ArmTableConfig.of(new PageSizes(0x111_1000), 32, 32);
    private static final ArmTableConfig MTK = ArmTableConfig.of(new PageSizes(0x111_1000), 34, 35);

    private final SparseMemory memory = new SparseMemory();
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);

    private ShortDescriptorTable create(ArmTableConfig config, long arenaBase) {
        ArenaAllocator arena = new ArenaAllocator(memory, arenaBase, 1 << 24, new PlainLocking());
        return ShortDescriptorTable.create(
                config, PageTableEnvironment.builder(memory, arena).log(log).build());
    }

    private ShortDescriptorTable create(ArmTableConfig config) {
        return create(config, 0x8000_0000L);
    }

    private static void map(ShortDescriptorTable table, long iova, long pa, long size, int prot) {
        table.pageTable().map(iova, pa, size, 1, new Prot(prot), new MapProgress());
    }

    /** The descriptors of a leaf that is mapped in an empty table. */
    private Set<Long> descriptors(ArmTableConfig config, long pa, long size, int prot) {
        ShortDescriptorTable table = create(config);
        map(table, 0x100_0000L, pa, size, prot);
        List<Long> all = new ArrayList<>();
        table.pageTable().forEachLeaf((iova, span, descriptor, output) -> {
            assertThat(output).isEqualTo(pa + iova - 0x100_0000L);
            all.add(descriptor);
        });
        boolean isGroup = size == 0x1_0000 || size == 0x100_0000;
        assertThat(all).hasSize(isGroup ? 16 : 1);
        return new HashSet<>(all);
    }

    @ParameterizedTest
    @CsvSource({
        "0x01, E72, 1E31, 39C02, 79C02",
        "0x02, C72, 1C31, 31C02, 71C02",
        "0x03, C72, 1C31, 31C02, 71C02",
        "0x05, E7E, 1E3D, 39C0E, 79C0E",
        "0x07, C7E, 1C3D, 31C0E, 71C0E",
        "0x09, E73, 9E31, 39C12, 79C12",
        "0x0F, C7F, 9C3D, 31C1E, 71C1E",
        "0x11, E36, E35, 38C06, 78C06",
        "0x1B, C37, 8C35, 30C16, 70C16",
        "0x15, E36, E35, 38C06, 78C06",
        "0x21, E52, 1E11, 39402, 79402",
        "0x27, C5E, 1C1D, 3140E, 7140E",
        "0x3B, C17, 8C15, 30416, 70416"
    })
    void protectionsAreAttributes(int prot, String small, String large, String section, String supersection) {
        long base = 0x4400_0000L;
        assertThat(descriptors(PLAIN, base, 0x1000, prot)).containsExactly(base | Long.parseLong(small, 16));
        assertThat(descriptors(PLAIN, base, 0x1_0000, prot)).containsExactly(base | Long.parseLong(large, 16));
        assertThat(descriptors(PLAIN, base, 0x10_0000, prot)).containsExactly(base | Long.parseLong(section, 16));
        assertThat(descriptors(PLAIN, base, 0x100_0000, prot)).containsExactly(base | Long.parseLong(supersection, 16));
    }

    @ParameterizedTest
    @CsvSource({"0x01, C42, 1C01, B1002, F1002", "0x0F, C4E, 1C0D, B100E, F100E", "0x39, C06, C05, B0006, F0006"})
    void withoutPermissionsOnlyTheMemoryCounts(
            int prot, String small, String large, String section, String superSection) {
        ArmTableConfig config = PLAIN.withQuirks(NO_PERMS, NS);
        long base = 0x4400_0000L;
        assertThat(descriptors(config, base, 0x1000, prot)).containsExactly(base | Long.parseLong(small, 16));
        assertThat(descriptors(config, base, 0x1_0000, prot)).containsExactly(base | Long.parseLong(large, 16));
        assertThat(descriptors(config, base, 0x10_0000, prot)).containsExactly(base | Long.parseLong(section, 16));
        assertThat(descriptors(config, base, 0x100_0000, prot))
                .containsExactly(base | Long.parseLong(superSection, 16));
    }

    @ParameterizedTest
    @CsvSource({
        "0x140001000, 0x1000, 0x40001E42",
        "0x705000000, 0x1000, 0x05000E72",
        "0x305000000, 0x10000, 0x05001E11",
        "0x605000000, 0x100000, 0x05031032",
        "0x505000000, 0x1000000, 0x05071222"
    })
    void mediatekKeepsAddressBitsWherePermissionsWere(long pa, long size, long descriptor) {
        assertThat(descriptors(MTK.withQuirks(NO_PERMS, MTK_EXT), pa, size, 3)).containsExactly(descriptor);
    }

    @ParameterizedTest
    @CsvSource({"1, E73", "0xF, C7F", "0x11, E36", "0x31, E16", "0x27, C5E"})
    void splitLeavesKeepTheirAttributes(int prot, String small) {
        for (long size : new long[] {0x1_0000, 0x10_0000, 0x100_0000}) {
            ShortDescriptorTable table = create(PLAIN);
            map(table, 0x300_0000, 0x4400_0000L, size, prot | (small.equals("E73") ? 8 : 0));
            assertThat(table.pageTable().unmap(0x300_0000, 0x1000, 1, null)).isEqualTo(0x1000);
            List<Long> all = new ArrayList<>();
            table.pageTable().forEachLeaf((iova, span, descriptor, pa) -> {
                if (span == 0x1000) {
                    all.add(descriptor - pa);
                }
                assertThat(pa).isEqualTo(iova + 0x4100_0000L);
            });
            assertThat(new HashSet<>(all)).containsExactly(Long.parseLong(small, 16));
        }
    }

    @Test
    void tableDescriptorsSayWhereAndHow() {
        ShortDescriptorTable plain = create(PLAIN);
        map(plain, 0x10_0000, 0x1000, 0x1000, 3);
        assertThat(memory.load32(0x8000_0004L)).isEqualTo(0x8000_4001);
        ShortDescriptorTable secure = create(PLAIN.withQuirks(NS), 0x9000_0000L);
        map(secure, 0x10_0000, 0x1000, 0x1000, 3);
        assertThat(memory.load32(0x9000_0004L)).isEqualTo(0x9000_4009);
        ShortDescriptorTable high = create(MTK.withQuirks(NO_PERMS, MTK_EXT, MTK_TTBR_EXT), 0x1_8000_0000L);
        map(high, 0x10_0000, 0x1000, 0x1000, 3);
        assertThat(memory.load32(0x1_8000_0004L)).isEqualTo(0x8001_0201);
        assertThat(high.registers().ttbr()).isEqualTo(0x8000_0001);
    }

    @Test
    void registersAreAsRecorded() {
        assertThat(create(PLAIN).registers())
                .isEqualTo(new ShortDescriptorRegisters(0x8000_006A, 0, 0x800B_8204, 0x4000_4000));
        assertThat(create(PLAIN.withCoherency(WalkCoherency.NON_COHERENT))
                        .registers()
                        .ttbr())
                .isEqualTo(0x8000_0002);
        assertThat(create(MTK.withQuirks(NO_PERMS, MTK_EXT)).registers().ttbr()).isEqualTo(0x8000_0000);
    }

    @Test
    void otherPageSizesAreDropped() {
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x4020_1000L), 32, 32);
        assertThat(create(config).config().pageSizes()).isEqualTo(new PageSizes(0x1000));
    }

    static Stream<Arguments> refusedConfigurations() {
        return Stream.of(
                Arguments.of(ArmTableConfig.of(new PageSizes(0x1000), 33, 32)),
                Arguments.of(ArmTableConfig.of(new PageSizes(0x1000), 20, 32)),
                Arguments.of(ArmTableConfig.of(new PageSizes(0x1000), 32, 33)),
                Arguments.of(ArmTableConfig.of(new PageSizes(0x1000), 35, 35).withQuirks(NO_PERMS, MTK_EXT)),
                Arguments.of(ArmTableConfig.of(new PageSizes(0x1000), 34, 36).withQuirks(NO_PERMS, MTK_EXT)),
                Arguments.of(PLAIN.withQuirks(TTBR1)),
                Arguments.of(PLAIN.withQuirks(OUTER_WBWA)),
                Arguments.of(MTK.withQuirks(MTK_EXT)),
                Arguments.of(PLAIN.withQuirks(NO_PERMS, MTK_TTBR_EXT)));
    }

    @ParameterizedTest
    @MethodSource("refusedConfigurations")
    void whatTheFormatCannotDoIsRefused(ArmTableConfig config) {
        assertThatThrownBy(() -> create(config))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void aTableBeyondItsDescriptorsIsNoTable() {
        assertThatThrownBy(() -> create(PLAIN, 0x1_0000_0000L)).hasMessageContaining("ENOMEM");
        assertThatThrownBy(() -> create(MTK.withQuirks(NO_PERMS, MTK_EXT), 0x1_0000_0000L))
                .hasMessageContaining("ENOMEM");
        assertThat(log.drain()).hasSize(2).allMatch(line -> line.level() == KernelLog.Level.ERR);
    }

    @Test
    void aRootTakesWholePagesOfTheCpu() {
        ArenaAllocator arena = new ArenaAllocator(memory, 0x8000_0000L, 1 << 24, new PlainLocking());
        PageTableEnvironment environment =
                PageTableEnvironment.builder(memory, arena).build();
        ShortDescriptorTable.create(ArmTableConfig.of(new PageSizes(0x1000), 25, 32), environment);
        ShortDescriptorTable.create(
                ArmTableConfig.of(new PageSizes(0x1000), 25, 32).withCpuPageSize(0x1_0000), environment);
        assertThat(arena.live())
                .containsExactly(
                        new ArenaAllocator.Piece(0x8000_0000L, 0x1000),
                        new ArenaAllocator.Piece(0x8001_0000L, 0x1_0000));
    }

    @Test
    void quirksHaveTheKernelsNumbers() {
        assertThat(ArmTableQuirk.ofMask(0x1B)).containsExactlyInAnyOrder(NS, NO_PERMS, MTK_EXT, MTK_TTBR_EXT);
        assertThat(ArmTableQuirk.ofMask(0)).isEmpty();
        assertThatThrownBy(() -> ArmTableQuirk.ofMask(0x4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArmTableQuirk.ofMask(0x1_0000_0001L)).isInstanceOf(IllegalArgumentException.class);
    }
}
