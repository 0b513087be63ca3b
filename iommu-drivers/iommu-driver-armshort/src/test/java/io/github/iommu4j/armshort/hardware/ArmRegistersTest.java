package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The register window of the plain unit. */
class ArmRegistersTest {

    private final ArmBench bench = new ArmBench();

    @Test
    void registersKeepTheBitsTheyHave() {
        for (ArmV7Register register : ArmV7Register.values()) {
            bench.set(register, -1);
            int expected = switch (register) {
                case SCTLR -> 1 | 1 << 19 | 1 << 20 | 1 << 25 | 1 << 28 | 1 << 29;
                case TTBCR -> 0x37;
                case DFSR -> 0x3CFF;
                case IFSR -> 0x140F;
                case TLBIALL, TLBIMVA, TLBIASID, TLBIMVAA -> 0;
                case ID_MMFR0 -> 4;
                case ID_MMFR3 -> 2 << 24;
                default -> -1;
            };
            assertThat(bench.get(register)).as("%s", register).isEqualTo(expected);
        }
    }

    @Test
    void resetClearsWhatCanBeWrittenAndTheCache() {
        bench.level1(0, 0x4003_1C0E);
        assertThat(bench.ok(0).pa()).isEqualTo(0x4000_0000L);
        bench.level1(0, 0x5003_1C0E);
        bench.mmu.reset();
        for (ArmV7Register register : ArmV7Register.values()) {
            boolean constant = register == ArmV7Register.ID_MMFR0 || register == ArmV7Register.ID_MMFR3;
            assertThat(bench.get(register) != 0).as("%s", register).isEqualTo(constant);
        }
        bench.set(ArmV7Register.TTBR0, (int) ArmBench.ROOT)
                .set(ArmV7Register.DACR, 1)
                .set(ArmV7Register.SCTLR, ArmBench.LINUX);
        assertThat(bench.ok(0).pa()).isEqualTo(0x5000_0000L);
    }

    @Test
    void featuresAreAnnounced() {
        ArmBench plain =
                new ArmBench(ArmV7Capabilities.everything().without(ArmV7Feature.PXN, ArmV7Feature.SUPERSECTIONS));
        assertThat(plain.get(ArmV7Register.ID_MMFR0)).isEqualTo(3);
        assertThat(plain.get(ArmV7Register.ID_MMFR3)).isEqualTo(0xF000_0000);
        assertThat(plain.mmu.capabilities().outputBits()).isEqualTo(32);
        ArmBench middle = new ArmBench(ArmV7Capabilities.everything().withOutputBits(36));
        assertThat(middle.get(ArmV7Register.ID_MMFR3)).isEqualTo(1 << 24);
    }

    @Test
    void onlyAlignedWordsReachRegisters() {
        for (int width : new int[] {1, 2, 8}) {
            bench.mmu.registers().write(ArmV7Register.DACR.offset(), width, 0);
            assertThat(bench.mmu.registers().read(ArmV7Register.DACR.offset(), width))
                    .isZero();
        }
        for (long offset : new long[] {0x11, 0x1_0000_0010L, -4, 0x48, 0xFFC, 0x1000}) {
            bench.mmu.registers().write(offset, 4, -1);
            assertThat(bench.mmu.registers().read(offset, 4)).isZero();
        }
        assertThat(bench.get(ArmV7Register.DACR)).isEqualTo(0x5555_5555);
        assertThat(bench.mmu.registers().size()).isEqualTo(0x1000);
        assertThat(bench.mmu.step()).isFalse();
    }

    @Test
    void aDataFaultIsInDfsrAndDfarAndTheLastOneCounts() {
        bench.write(0x1234_5678L);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x805);
        assertThat(bench.get(ArmV7Register.DFAR)).isEqualTo(0x1234_5678);
        bench.read(0x8765_4321L);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x5);
        assertThat(bench.get(ArmV7Register.DFAR)).isEqualTo(0x8765_4321);
        assertThat(bench.get(ArmV7Register.IFSR)).isZero();
        assertThat(bench.pulses).isEqualTo(2);
    }

    @Test
    void anInstructionFaultIsInIfsrAndIfarWithoutDomain() {
        bench.level1(0x10_0000, 0x4000_0C72 | 5 << 5);
        bench.mmu.translate(DmaRequest.of(0, 0x10_0000, Access.EXECUTE));
        assertThat(bench.get(ArmV7Register.IFSR)).isEqualTo(0xD);
        assertThat(bench.get(ArmV7Register.IFAR)).isEqualTo(0x10_0000);
        assertThat(bench.get(ArmV7Register.DFSR)).isZero();
        assertThat(bench.mmu
                        .explain(DmaRequest.of(0, 0x10_0000, Access.EXECUTE))
                        .event())
                .isEqualTo(List.of(0xDL, 0x10_0000L));
    }

    @Test
    void anExplanationForetellsTheStatusRegisters() {
        DmaRequest request = DmaRequest.write(0, 0x8234_5678L);
        assertThat(bench.mmu.explain(request).event()).isEqualTo(List.of(0x805L, 0x8234_5678L));
        assertThat(bench.mmu.explain(request).result()).isEqualTo(bench.mmu.translate(request));
        assertThat(bench.mmu.explain(request).conclusion()).isEqualTo("TRANSLATION_L1 (B3.5)");
        bench.set(ArmV7Register.TTBCR, 1 << 4);
        assertThat(bench.mmu.explain(request).conclusion()).isEqualTo("TRANSLATION_L1, walks are off (B3.5)");
    }

    @Test
    void anExplanationTellsEveryReadAndItsFields() {
        bench.level1(0, 0x8000_4400 | 3 << 5 | 1).level2(0x8000_4400L, 0, 0x4002_9E3D);
        bench.level1(0x10_0000, 0x4437_1CAE).level1(0x20_0000, 0x4033_9C13);
        assertThat(bench.mmu.explain(DmaRequest.write(0, 0x8)).toText()).isEqualTo("""
                stream 0x0 WRITE 0x8
                  1  L1     0x000080000000  0000000080004461 PXN=0x0 NS=0x0 Domain=0x3  -> table at 0x80004400
                  2  L2     0x000080004400  0000000040029e3d XN=0x1 AP=0x7 TEX,C,B=0x7 S=0x1 nG=0x1  -> large page at 0x40020000: PERMISSION_L2
                  => Fault(PERMISSION_L2, ABORT, recorded)  PERMISSION_L2 (B3.7)
                  event record: 000000000000083f 0000000000000008
                """);
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x10_0000)).toText())
                .contains("PXN=0x0 XN=0x0 AP=0x3 TEX,C,B=0x7 S=0x1 nG=0x1 NS=0x0  -> supersection at 0x5344000000")
                .contains("permitted: domain 0 CLIENT (B3.7)");
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x20_0000)).toText())
                .contains("PXN=0x1 XN=0x1 Domain=0x0 AP=0x7")
                .contains("section at 0x40300000");
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x1000)).toText()).contains("-> invalid: TRANSLATION_L2");
        assertThat(bench.mmu.explain(DmaRequest.read(0, 0x30_0000)).toText()).contains("-> invalid: TRANSLATION_L1");
    }

    @Test
    void aNewTableNeedsNoInvalidationInAnotherAddressSpace() {
        bench.level1(0, 0x4003_1C0E);
        assertThat(bench.ok(0).pa()).isEqualTo(0x4000_0000L);
        bench.memory.store32(0x9000_0000L, 0x5003_1C0E);
        bench.set(ArmV7Register.CONTEXTIDR, 0x1207).set(ArmV7Register.TTBR0, 0x9000_0000);
        assertThat(bench.ok(0).pa()).isEqualTo(0x5000_0000L);
        bench.set(ArmV7Register.CONTEXTIDR, 0xFF00).set(ArmV7Register.TTBR0, (int) ArmBench.ROOT);
        assertThat(bench.read(0)).isInstanceOf(Translation.Ok.class);
    }
}
