package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NO_PERMS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.NS;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.OUTER_WBWA;
import static io.github.iommu4j.core.pagetable.arm.ArmTableQuirk.TTBR1;
import static io.github.iommu4j.core.pagetable.arm.LpaeKind.ARM_32_LPAE_S1;
import static io.github.iommu4j.core.pagetable.arm.LpaeKind.ARM_32_LPAE_S2;
import static io.github.iommu4j.core.pagetable.arm.LpaeKind.ARM_64_LPAE_S1;
import static io.github.iommu4j.core.pagetable.arm.LpaeKind.ARM_64_LPAE_S2;
import static io.github.iommu4j.core.pagetable.arm.LpaeKind.ARM_MALI_LPAE;
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
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters.Tcr;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Descriptors and registers of long-descriptor tables against values written down by hand from ARM DDI 0487. */
class LpaeTableTest {

    private static final long SIZES_4K = 0x4020_1000L;
    private static final long ROOT = 0x8000_0000L;

    private final SparseMemory memory = new SparseMemory();

    private static ArmTableConfig config(long sizes, int ias, int oas) {
        return ArmTableConfig.of(new PageSizes(sizes), ias, oas);
    }

    private LpaeTable create(LpaeKind kind, ArmTableConfig config) {
        ArenaAllocator arena = new ArenaAllocator(memory, ROOT, 1 << 26, new PlainLocking());
        return LpaeTable.create(
                kind, config, PageTableEnvironment.builder(memory, arena).build());
    }

    private static void map(LpaeTable table, long iova, long pa, long size, int prot) {
        table.pageTable().map(iova, pa, size, 1, new Prot(prot), new MapProgress());
    }

    private long descriptor(LpaeKind kind, ArmTableConfig config, long pa, long size, int prot) {
        LpaeTable table = create(kind, config);
        map(table, 0, pa, size, prot);
        List<Long> found = new ArrayList<>();
        table.pageTable().forEachLeaf((iova, span, descriptor, output) -> {
            assertThat(output).isEqualTo(pa);
            found.add(descriptor);
        });
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    /** XN 54:53, nG 11, AF 10, SH 9:8, AP 7:6, NS 5, AttrIndx 4:2, type 1:0. */
    @ParameterizedTest
    @CsvSource({
        "0x01, 0xEC3",
        "0x02, 0xE43",
        "0x03, 0xE43",
        "0x07, 0xF47",
        "0x0F, 0x60000000000F47",
        "0x13, 0xE4B",
        "0x17, 0xF4B",
        "0x21, 0xE83",
        "0x23, 0xE03",
        "0x29, 0x60000000000E83"
    })
    void stage1Attributes(int prot, long attributes) {
        ArmTableConfig config = config(SIZES_4K, 39, 40);
        assertThat(descriptor(ARM_64_LPAE_S1, config, 0x1_4000_0000L, 0x1000, prot))
                .isEqualTo(0x1_4000_0000L | attributes);
        assertThat(descriptor(ARM_32_LPAE_S1, config(SIZES_4K, 32, 40), 0x1_4000_0000L, 0x1000, prot))
                .isEqualTo(0x1_4000_0000L | attributes);
        assertThat(descriptor(ARM_64_LPAE_S1, config.withQuirks(NS), 0x1_4000_0000L, 0x20_0000, prot))
                .isEqualTo(0x1_4000_0000L | attributes ^ 2 | 0x20);
    }

    /** S2AP 7:6, MemAttr 5:2. */
    @ParameterizedTest
    @CsvSource({
        "0x01, 0x657",
        "0x02, 0x697",
        "0x03, 0x6D7",
        "0x07, 0x7FF",
        "0x0B, 0x600000000006D7",
        "0x13, 0x6C7",
        "0x17, 0x7C7"
    })
    void stage2Attributes(int prot, long attributes) {
        assertThat(descriptor(ARM_64_LPAE_S2, config(SIZES_4K, 40, 40), 0x4000_0000L, 0x1000, prot))
                .isEqualTo(0x4000_0000L | attributes);
        assertThat(descriptor(ARM_32_LPAE_S2, config(SIZES_4K, 40, 40), 0x4000_0000L, 0x4000_0000L, prot))
                .isEqualTo(0x4000_0000L | attributes ^ 2);
    }

    /** No AF, always outer shareable, pages of type 1. */
    @ParameterizedTest
    @CsvSource({"0x01, 0x241", "0x02, 0x281", "0x03, 0x2C1", "0x07, 0x2C5", "0x0B, 0x600000000002C1", "0x13, 0x2C9"})
    void maliAttributes(int prot, long attributes) {
        ArmTableConfig config = config(SIZES_4K, 33, 40);
        assertThat(descriptor(ARM_MALI_LPAE, config, 0x4000_0000L, 0x1000, prot))
                .isEqualTo(0x4000_0000L | attributes);
        assertThat(descriptor(ARM_MALI_LPAE, config, 0x4000_0000L, 0x20_0000, prot))
                .isEqualTo(0x4000_0000L | attributes);
    }

    @Test
    void a64KGranuleKeepsBits51To48InBits15To12() {
        ArmTableConfig config = config(0x400_2001_0000L, 52, 52);
        assertThat(descriptor(ARM_64_LPAE_S1, config, 0xA_1234_5678_0000L, 0x1_0000, 3))
                .isEqualTo(0x1234_5678_AE43L);
        assertThat(descriptor(ARM_64_LPAE_S1, config, 0xF_0000_0000_0000L, 0x400_0000_0000L, 3))
                .isEqualTo(0xFE41L);
    }

    @Test
    void aRunThatCrosses48BitsIsWrittenInTwoParts() {
        LpaeTable table = create(ARM_64_LPAE_S1, config(0x2001_0000L, 48, 52));
        table.pageTable().map(0, 0xFFFF_FFFE_0000L, 0x1_0000, 4, Prot.READ, new MapProgress());
        List<Long> outputs = new ArrayList<>();
        table.pageTable().forEachLeaf((iova, span, descriptor, pa) -> outputs.add(pa));
        assertThat(outputs)
                .containsExactly(0xFFFF_FFFE_0000L, 0xFFFF_FFFF_0000L, 0x1_0000_0000_0000L, 0x1_0000_0001_0000L);
    }

    @Test
    void tableDescriptorsCarryNsAndTheMarkOfSoftware() {
        ArmTableConfig config = config(SIZES_4K, 39, 40).withQuirks(NS);
        map(create(ARM_64_LPAE_S1, config), 0, 0, 0x1000, 3);
        assertThat(memory.load64(ROOT)).isEqualTo(0x8000_0000_8000_1003L);
        map(create(ARM_64_LPAE_S1, config.withCoherency(WalkCoherency.NON_COHERENT)), 0, 0, 0x1000, 3);
        assertThat(memory.load64(ROOT)).isEqualTo(0x8080_0000_8000_1003L);
    }

    static Stream<Arguments> registers() {
        long mair = 0xFFFF_FFFF_F404_FF44L;
        ArmTableConfig config = config(SIZES_4K, 48, 48);
        ArmTableConfig nonCoherent = config.withCoherency(WalkCoherency.NON_COHERENT);
        return Stream.of(
                Arguments.of(ARM_64_LPAE_S1, config, new LpaeRegisters.Stage1(ROOT, mair, new Tcr(5, 0, 3, 1, 1, 16))),
                Arguments.of(
                        ARM_64_LPAE_S1,
                        nonCoherent.withQuirks(OUTER_WBWA),
                        new LpaeRegisters.Stage1(ROOT, mair, new Tcr(5, 0, 2, 1, 0, 16))),
                Arguments.of(
                        ARM_64_LPAE_S1,
                        config.withQuirks(TTBR1),
                        new LpaeRegisters.Stage1(ROOT, mair, new Tcr(5, 2, 3, 1, 1, 16))),
                Arguments.of(
                        ARM_64_LPAE_S1,
                        config(0x200_4000, 36, 36).withQuirks(TTBR1),
                        new LpaeRegisters.Stage1(ROOT, mair, new Tcr(1, 1, 3, 1, 1, 28))),
                Arguments.of(
                        ARM_64_LPAE_S1,
                        config(0x2001_0000, 52, 52).withQuirks(TTBR1),
                        new LpaeRegisters.Stage1(ROOT, mair, new Tcr(6, 3, 3, 1, 1, 12))),
                Arguments.of(
                        ARM_32_LPAE_S1,
                        config(SIZES_4K, 32, 32),
                        new LpaeRegisters.Stage1(ROOT, mair, new Tcr(0, 0, 3, 1, 1, 32))),
                Arguments.of(
                        ARM_64_LPAE_S2,
                        config(SIZES_4K, 40, 42),
                        new LpaeRegisters.Stage2(ROOT, new Tcr(3, 0, 3, 1, 1, 24), 1)),
                Arguments.of(
                        ARM_64_LPAE_S2,
                        config(0x2001_0000, 42, 44).withCoherency(WalkCoherency.NON_COHERENT),
                        new LpaeRegisters.Stage2(ROOT, new Tcr(4, 1, 2, 0, 0, 22), 1)),
                Arguments.of(
                        ARM_64_LPAE_S2,
                        config(0x200_4000, 48, 48),
                        new LpaeRegisters.Stage2(ROOT, new Tcr(5, 2, 3, 1, 1, 16), 2)),
                Arguments.of(ARM_MALI_LPAE, config(SIZES_4K, 39, 40), new LpaeRegisters.Mali(ROOT | 0x17, 0x88_8D88)),
                Arguments.of(
                        ARM_MALI_LPAE,
                        config(SIZES_4K, 39, 40).withCoherency(WalkCoherency.NON_COHERENT),
                        new LpaeRegisters.Mali(ROOT | 0x7, 0x88_8D88)));
    }

    @ParameterizedTest
    @MethodSource
    void registers(LpaeKind kind, ArmTableConfig config, LpaeRegisters expected) {
        assertThat(create(kind, config).registers()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "ARM_64_LPAE_S1, 0x40201000, 48, 0, 9",
        "ARM_64_LPAE_S1, 0x40201000, 40, 0, 1",
        "ARM_64_LPAE_S1, 0x40201000, 39, 1, 9",
        "ARM_64_LPAE_S1, 0x40201000, 20, 3, 8",
        "ARM_64_LPAE_S1, 0x2004000, 48, 0, 1",
        "ARM_64_LPAE_S1, 0x20010000, 48, 1, 6",
        "ARM_64_LPAE_S2, 0x40201000, 40, 1, 10",
        "ARM_64_LPAE_S2, 0x40201000, 43, 1, 13",
        "ARM_64_LPAE_S2, 0x40201000, 44, 0, 5",
        "ARM_64_LPAE_S2, 0x40201000, 39, 1, 9",
        "ARM_MALI_LPAE, 0x40201000, 48, 0, 9",
        "ARM_MALI_LPAE, 0x40201000, 32, 0, 0"
    })
    void geometry(LpaeKind kind, long sizes, int ias, int startLevel, int rootBits) {
        LpaeGeometry geometry = create(kind, config(sizes, ias, 40)).geometry();
        assertThat(geometry.startLevel()).isEqualTo(startLevel);
        assertThat(geometry.rootBits()).isEqualTo(rootBits);
        assertThat(geometry.bitsPerLevel()).isEqualTo(geometry.granuleLg2() - 3);
    }

    @ParameterizedTest
    @CsvSource({
        "0x1000, 0x40201000, 0x40201000",
        "0x4000, 0x40201000, 0x40201000",
        "0x10000, 0x62215000, 0x20010000",
        "0x4000, 0x62215000, 0x2004000",
        "0x1000, 0x62215000, 0x40201000",
        "0x1000, 0x22014000, 0x2004000",
        "0x10000, 0x2205000, 0x2004000",
        "0x1000, 0xFFFFFFFFFFFFF000, 0x40201000"
    })
    void theGranuleIsTheCpusPageElseTheLargestBelowElseTheSmallestAbove(long cpuPage, String asked, long restricted) {
        ArmTableConfig config =
                config(Long.parseUnsignedLong(asked.substring(2), 16), 48, 48).withCpuPageSize(cpuPage);
        assertThat(create(ARM_64_LPAE_S1, config).config().pageSizes()).isEqualTo(new PageSizes(restricted));
    }

    @Test
    void widthsAreCut() {
        assertThat(create(ARM_64_LPAE_S1, config(SIZES_4K, 60, 52)).config()).isEqualTo(config(SIZES_4K, 48, 48));
        assertThat(create(ARM_64_LPAE_S1, config(0x400_2001_0000L, 60, 60)).config())
                .isEqualTo(config(0x400_2001_0000L, 52, 52));
        assertThat(create(ARM_64_LPAE_S1, config(0x400_2001_0000L, 48, 48)).config())
                .isEqualTo(config(0x2001_0000L, 48, 48));
    }

    static Stream<Arguments> refusedConfigurations() {
        ArmTableConfig plain = config(SIZES_4K, 32, 40);
        return Stream.of(
                Arguments.of(ARM_64_LPAE_S1, plain.withQuirks(NO_PERMS)),
                Arguments.of(ARM_64_LPAE_S1, plain.withQuirks(OUTER_WBWA)),
                Arguments.of(ARM_64_LPAE_S2, plain.withQuirks(NS)),
                Arguments.of(ARM_32_LPAE_S2, plain.withQuirks(TTBR1)),
                Arguments.of(ARM_MALI_LPAE, plain.withQuirks(NS)),
                Arguments.of(ARM_64_LPAE_S1, config(SIZES_4K, 48, 41)),
                Arguments.of(ARM_64_LPAE_S2, config(SIZES_4K, 48, 33)),
                Arguments.of(ARM_32_LPAE_S1, config(SIZES_4K, 33, 40)),
                Arguments.of(ARM_32_LPAE_S1, config(SIZES_4K, 32, 42)),
                Arguments.of(ARM_32_LPAE_S1, config(0x200_4000, 32, 40)),
                Arguments.of(ARM_32_LPAE_S2, config(SIZES_4K, 41, 40)),
                Arguments.of(ARM_32_LPAE_S2, config(SIZES_4K, 40, 42)),
                Arguments.of(ARM_32_LPAE_S2, config(0x2001_0000, 40, 40)),
                Arguments.of(ARM_MALI_LPAE, config(SIZES_4K, 49, 40)),
                Arguments.of(ARM_MALI_LPAE, config(SIZES_4K, 48, 42)),
                Arguments.of(ARM_MALI_LPAE, config(0x2001_0000, 48, 40)),
                Arguments.of(ARM_64_LPAE_S1, config(0x4020_0000, 48, 48)),
                Arguments.of(ARM_64_LPAE_S1, config(0x800, 48, 48)),
                Arguments.of(ARM_64_LPAE_S1, config(0, 48, 48)),
                Arguments.of(ARM_64_LPAE_S1, config(SIZES_4K, 12, 48)));
    }

    @ParameterizedTest
    @MethodSource("refusedConfigurations")
    void whatTheKindCannotDoIsRefused(LpaeKind kind, ArmTableConfig config) {
        assertThatThrownBy(() -> create(kind, config))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void withoutMemoryThereIsNoTable() {
        ArenaAllocator arena = new ArenaAllocator(memory, ROOT, 0x800, new PlainLocking());
        PageTableEnvironment environment =
                PageTableEnvironment.builder(memory, arena).build();
        assertThatThrownBy(() -> LpaeTable.create(ARM_64_LPAE_S1, config(SIZES_4K, 48, 48), environment))
                .hasMessageContaining("ENOMEM");
        assertThat(arena.live()).isEmpty();
    }

    @Test
    void aConfigurationKnowsTheCpusPageSizes() {
        assertThatThrownBy(() -> config(SIZES_4K, 48, 48).withCpuPageSize(0x2000))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
