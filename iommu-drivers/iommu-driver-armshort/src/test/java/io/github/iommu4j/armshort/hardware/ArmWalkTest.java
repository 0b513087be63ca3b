package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.FaultStatus;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The walk of Arm DDI 0406C B3.5, example by example. */
class ArmWalkTest {

    private static final long TABLE = 0x8000_4400L;

    private final ArmBench bench = new ArmBench();

    /** N, TTBR0, TTBR1, VA, where the level-1 word must be. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x8000406A, 0x0,        0x12345678, 0x8000448C",
        "2, 0x80101000, 0x0,        0x23456789, 0x801018D0",
        "2, 0x80101000, 0x80000000, 0x40000000, 0x80001000",
        "7, 0x80200080, 0x80000000, 0x01F00000, 0x802000FC",
        "7, 0x80200080, 0x80000000, 0x02000000, 0x80000080",
        "1, 0x80102000, 0x80000000, 0x7FF00000, 0x80103FFC",
        "1, 0x80102000, 0x80000000, 0x80000000, 0x80002000",
        "3, 0x80100800, 0x80000000, 0x1FF00000, 0x80100FFC",
        "4, 0x80100400, 0x80000000, 0x0FF00000, 0x801007FC",
        "5, 0x80100200, 0x80000000, 0x07F00000, 0x801003FC",
        "6, 0x80100100, 0x80000000, 0x03F00000, 0x801001FC",
        "6, 0x80100100, 0x8000007F, 0x04000000, 0x80000100",
        "7, 0x8020007F, 0x80000000, 0x00000000, 0x80200000"
    })
    void theTableAndTheWordFollowFromTheTopBits(int n, String ttbr0, String ttbr1, String va, String word) {
        bench.set(ArmV7Register.TTBCR, n)
                .set(ArmV7Register.TTBR0, Long.decode(ttbr0).intValue())
                .set(ArmV7Register.TTBR1, Long.decode(ttbr1).intValue());
        bench.memory.store32(Long.decode(word), 0x4033_1C0E);
        long address = Long.decode(va);
        assertThat(bench.ok(address).pa()).isEqualTo(0x4030_0000L | address & 0xF_FFFF);
        assertThat(bench.mmu.explain(DmaRequest.read(0, address)).fetches())
                .singleElement()
                .satisfies(fetch -> assertThat(fetch.address()).isEqualTo(Long.decode(word)));
    }

    @Test
    void theLevel2WordFollowsFromTheTableDescriptor() {
        bench.level1(0x1234_5678L, (int) TABLE | 1);
        bench.memory.store32(0x8000_4514L, 0x4000_1C72);
        assertThat(bench.ok(0x1234_5678L).pa()).isEqualTo(0x4000_1678L);
    }

    @Test
    void aWalkThatIsOffReadsNothing() {
        bench.level1(0x1234_5678L, 0x4033_1C0E).set(ArmV7Register.TTBCR, 1 << 4);
        bench.faults(bench.read(0x1234_5678L), FaultStatus.TRANSLATION_L1);
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x1234_5678L)).fetches())
                .isEmpty();
        bench.set(ArmV7Register.TTBCR, 1 << 5 | 1);
        assertThat(bench.read(0x1234_5678L)).isInstanceOf(Translation.Ok.class);
        bench.faults(bench.read(0x8234_5678L), FaultStatus.TRANSLATION_L1);
        bench.set(ArmV7Register.TTBCR, 1 << 5);
        assertThat(bench.read(0x1234_5678L)).isInstanceOf(Translation.Ok.class);
    }

    @Test
    void anInvalidLevel1WordIsATranslationFault() {
        bench.faults(bench.read(0x4000_0000L), FaultStatus.TRANSLATION_L1);
        bench.level1(0, 0xFFFF_FFFC);
        bench.faults(bench.read(0), FaultStatus.TRANSLATION_L1);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x5);
    }

    @Test
    void aTableDescriptorNamesTableDomainAndSecurity() {
        bench.level1(0x1234_5678L, 0x8000_4469);
        bench.memory.store32(0x8000_4514L, 0x4000_1C72);
        assertThat(bench.ok(0x1234_5678L).pa()).isEqualTo(0x4000_1678L);
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x1234_5678L)).toText())
                .contains("NS=0x1", "Domain=0x3", "table at 0x80004400");
    }

    @Test
    void aSectionGivesAddressRightsAndType() {
        bench.level1(0x0200_002AL, 0x4033_1C1E);
        Translation.Ok ok = bench.ok(0x0200_002AL);
        assertThat(ok.pa()).isEqualTo(0x4030_002AL);
        assertThat(ok.sizeLg2()).isEqualTo(20);
        assertThat(ok.attributes().type()).isEqualTo(0xFF);
        assertThat(ok.attributes().shareability()).isEqualTo(Shareability.INNER);
        assertThat(bench.rights(0x0200_002AL, true)).isEqualTo("rw-");
        assertThat(bench.rights(0x0200_002AL, false)).isEqualTo("rw-");
    }

    @Test
    void aReadOnlyPrivilegedSectionRefusesWritesAndUsers() {
        bench.level1(0, 0x4033_9402);
        bench.faults(bench.mmu.translate(DmaRequest.write(0, 0).privileged()), FaultStatus.PERMISSION_L1);
        bench.faults(bench.read(0), FaultStatus.PERMISSION_L1);
        assertThat(bench.rights(0, true)).isEqualTo("r-x");
    }

    @Test
    void anAccessFlagOfZeroIsAFaultAtBothLevels() {
        bench.level1(0, 0x4033_1802);
        bench.faults(bench.read(0), FaultStatus.ACCESS_FLAG_L1);
        bench.level1(0x10_0000, (int) TABLE | 1).level2(TABLE, 0x10_0000, 0x4000_1C62);
        bench.faults(bench.read(0x10_0000), FaultStatus.ACCESS_FLAG_L2);
        bench.set(ArmV7Register.SCTLR, ArmBench.M | ArmBench.TRE);
        assertThat(bench.rights(0, true)).isEqualTo("rwx");
    }

    @Test
    void bit18MakesASupersectionWith40BitsAndDomain0() {
        bench.level1(0x03AB_CDEFL, 0x4473_1CAE);
        Translation.Ok section = bench.ok(0x03AB_CDEFL);
        assertThat(section.pa()).isEqualTo(0x447B_CDEFL);
        assertThat(section.sizeLg2()).isEqualTo(20);
        bench.set(ArmV7Register.DACR, 0x5555_5555 & ~(3 << 10)).set(ArmV7Register.TLBIALL, 0);
        bench.faults(bench.read(0x03AB_CDEFL), FaultStatus.DOMAIN_L1);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x59);
        bench.level1(0x03AB_CDEFL, 0x4437_1CAE).set(ArmV7Register.TLBIALL, 0);
        Translation.Ok supersection = bench.ok(0x03AB_CDEFL);
        assertThat(supersection.pa()).isEqualTo(0x53_44AB_CDEFL);
        assertThat(supersection.sizeLg2()).isEqualTo(24);
    }

    @ParameterizedTest
    @CsvSource({"32, 0x44ABCDEF", "36, 0x344ABCDEF", "40, 0x5344ABCDEF"})
    void aSupersectionHasAsManyBitsAsThePart(int bits, String pa) {
        ArmBench narrow = new ArmBench(ArmV7Capabilities.everything().withOutputBits(bits));
        narrow.level1(0x03AB_CDEFL, 0x4437_1CAE);
        assertThat(narrow.ok(0x03AB_CDEFL).pa()).isEqualTo(Long.decode(pa));
    }

    @Test
    void everySlotOfASupersectionGivesTheSameMemory() {
        for (long va = 0x0300_0000L; va < 0x0400_0000L; va += 0x10_0000) {
            bench.level1(va, 0x4407_1C1E);
        }
        for (long va = 0x0300_0000L; va < 0x0400_0000L; va += 0x12345) {
            assertThat(bench.ok(va).pa()).isEqualTo(0x4400_0000L | va & 0xFF_FFFF);
        }
    }

    @Test
    void withoutSupersectionsBit18IsATranslationFault() {
        ArmBench plain = new ArmBench(ArmV7Capabilities.everything().without(ArmV7Feature.SUPERSECTIONS));
        plain.level1(0, 0x4407_1C1E);
        plain.faults(plain.read(0), FaultStatus.TRANSLATION_L1);
    }

    @Test
    void pxnIsASectionOrReserved() {
        bench.level1(0, 0x4033_1C03);
        assertThat(bench.rights(0, true)).isEqualTo("rw-");
        assertThat(bench.rights(0, false)).isEqualTo("rwx");
        bench.level1(0x10_0000, 0x4033_1C13);
        assertThat(bench.rights(0x10_0000, false)).isEqualTo("rw-");
        ArmBench plain = new ArmBench(ArmV7Capabilities.everything().without(ArmV7Feature.PXN));
        plain.level1(0, 0x4033_1C13);
        plain.faults(plain.read(0), FaultStatus.TRANSLATION_L1);
    }

    @Test
    void pxnOfATableCoversItsPages() {
        bench.level1(0, (int) TABLE | 1 << 2 | 1).level2(TABLE, 0, 0x4000_1C72).level2(TABLE, 0x1000, 0x4002_1C31);
        assertThat(bench.rights(0, true)).isEqualTo("rw-");
        assertThat(bench.rights(0, false)).isEqualTo("rwx");
        assertThat(bench.rights(0x1000, true)).isEqualTo("rw-");
        ArmBench plain = new ArmBench(ArmV7Capabilities.everything().without(ArmV7Feature.PXN));
        plain.level1(0, (int) TABLE | 1 << 2 | 1).level2(TABLE, 0, 0x4000_1C72);
        assertThat(plain.rights(0, true)).isEqualTo("rwx");
    }

    @ParameterizedTest
    @CsvSource({
        "0x40029C3D, 0x0100B80F, 0x4002B80F, 16, rw-, 0xFF",
        "0x40001C7F, 0x00000537, 0x40001537, 12, rw-, 0xFF",
        "0x40001C72, 0x00000537, 0x40001537, 12, rwx, 0x44",
        "0x40001C36, 0x00000000, 0x40001000, 12, rwx, 0x04",
        "0x40020C35, 0x00000000, 0x40020000, 16, rwx, 0x04"
    })
    void aPageGivesAddressRightsAndType(String raw, String va, String pa, int size, String rights, String type) {
        long address = Long.decode(va);
        bench.level1(address, (int) TABLE | 1)
                .level2(TABLE, address, Long.decode(raw).intValue());
        Translation.Ok ok = bench.ok(address);
        assertThat(ok.pa()).isEqualTo(Long.decode(pa));
        assertThat(ok.sizeLg2()).isEqualTo(size);
        assertThat(ok.attributes().type()).isEqualTo(Integer.decode(type));
        assertThat(bench.rights(address, false)).isEqualTo(rights);
    }

    @Test
    void aReadOnlyPageRefusesWrites() {
        bench.level1(0, (int) TABLE | 1).level2(TABLE, 0, 0x4000_1E72);
        bench.faults(bench.write(0), FaultStatus.PERMISSION_L2);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x80F);
    }

    @Test
    void twoTypeBitsOfZeroAreATranslationFaultWhateverElseIsSet() {
        bench.level1(0, (int) TABLE | 1).level2(TABLE, 0, 0x4000_1C74);
        bench.faults(bench.read(0), FaultStatus.TRANSLATION_L2);
    }

    @Test
    void anExternalAbortNamesTheLevelOfTheWord() {
        SparseMemory small = SparseMemory.empty();
        small.addRam(0x8000_0000L, 0x4000);
        ArmV7Mmu mmu = ArmV7Mmu.builder(small).build();
        mmu.registers().write(ArmV7Register.TTBR0.offset(), 4, 0x9000_0000L);
        mmu.registers().write(ArmV7Register.SCTLR.offset(), 4, ArmBench.LINUX);
        DmaRequest request = DmaRequest.write(0, 0);
        assertThat(mmu.translate(request)).hasToString("Fault(EXTERNAL_ABORT_ON_WALK_L1, ABORT, recorded)");
        assertThat(mmu.registers().read(ArmV7Register.DFSR.offset(), 4)).isEqualTo(0x80C);
        assertThat(mmu.explain(request).toText()).contains("(bus error)", "external abort");
        mmu.registers().write(ArmV7Register.TTBR0.offset(), 4, 0x8000_0000L);
        small.store32(0x8000_0000L, 0x7000_0000 | 6 << 5 | 1);
        assertThat(mmu.translate(request)).hasToString("Fault(EXTERNAL_ABORT_ON_WALK_L2, ABORT, recorded)");
        assertThat(mmu.registers().read(ArmV7Register.DFSR.offset(), 4)).isEqualTo(0x86E);
    }

    /** SCTLR.EE. */
    @Test
    void descriptorsMayBeBigEndian() {
        bench.set(ArmV7Register.SCTLR, ArmBench.LINUX | ArmBench.EE);
        bench.level1(0, Integer.reverseBytes((int) TABLE | 1)).level2(TABLE, 0, Integer.reverseBytes(0x4000_1C72));
        assertThat(bench.ok(0x123).pa()).isEqualTo(0x4000_1123L);
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x123)).fetches().get(1).raw())
                .isEqualTo(List.of(0x4000_1C72L));
    }

    @Test
    void translationOffIsAFlatMapWithoutChecks() {
        bench.set(ArmV7Register.SCTLR, 0);
        assertThat(bench.read(0x1234_5678L)).hasToString("Ok(pa=0x12345678, size=2^63, rwx, type=0x0 OUTER)");
        assertThat(bench.mmu.translate(DmaRequest.of(0, 0x1234_5678L, Access.EXECUTE)))
                .hasToString("Ok(pa=0x12345678, size=2^63, rwx, type=0x44 OUTER)");
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x1234_5678L)).conclusion())
                .contains("SCTLR.M=0");
    }

    @Test
    void anAddressOfMoreThan32BitsNeverArrives() {
        for (int sctlr : new int[] {0, ArmBench.LINUX}) {
            bench.set(ArmV7Register.SCTLR, sctlr);
            assertThat(bench.read(0x1_0000_0000L)).hasToString("Fault(ABORT, ABORT, not recorded)");
        }
        assertThat(bench.mmu.explain(DmaRequest.read(0, -1)).conclusion()).contains("32 bits");
        assertThat(bench.pulses).isZero();
    }

    @Test
    void aTlbThatKeepsFaultsIsRefused() {
        assertThatThrownBy(
                        () -> ArmV7Mmu.builder(bench.memory).tlb(TlbGeometry.DEFAULT.keeping(TlbGeometry.Faults.KEPT)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
