package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.InterruptIdLayout;
import io.github.iommu4j.armshort.layout.M4uLayout;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Faults of the M4U: what the registers show, the interrupt line, the protect buffer. */
class M4uFaultTest {

    private final M4uBench bench = new M4uBench();

    @Test
    void aFaultIsInTheRegistersAndPulsesTheLine() {
        assertThat(bench.m4u.translate(DmaRequest.write(new MasterId(3, 3).id(), 0x1234_5678L)))
                .hasToString("Fault(TRANSLATION_FAULT, RAZ_WI, recorded)");
        assertThat(bench.pulses).isEqualTo(1);
        assertThat(bench.get(M4uRegister.FAULT_ST1)).isEqualTo(1);
        assertThat(bench.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(0x1234_5002);
        assertThat(bench.get(M4uRegister.MMU0_INVLD_PA)).isZero();
        assertThat(bench.get(M4uRegister.MMU0_INT_ID)).isEqualTo(0x18C);
        assertThat(bench.get(M4uRegister.MMU1_FAULT_VA)).isZero();
    }

    @Test
    void theFirstFaultIsKeptUntilItIsCleared() {
        bench.read(0x1000);
        assertThat(bench.write(0x2000)).hasToString("Fault(TRANSLATION_FAULT, RAZ_WI, not recorded)");
        assertThat(bench.pulses).isEqualTo(1);
        assertThat(bench.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(0x1000);
        bench.clearFault();
        assertThat(bench.get(M4uRegister.FAULT_ST1)).isZero();
        assertThat(bench.get(M4uRegister.INT_CONTROL0)).isEqualTo(0x6F);
        assertThat(bench.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(0x1000);
        bench.write(0x2000);
        assertThat(bench.pulses).isEqualTo(2);
        assertThat(bench.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(0x2002);
    }

    @Test
    void busSelSaysWhichEngineServesALarb() {
        M4uBench mt8183 = new M4uBench(M4uCapabilities.mt8183());
        mt8183.m4u.common().registers().write(0x220, 4, 0x4414);
        assertThat(mt8183.m4u.common().registers().read(0x220, 4)).isEqualTo(0x4414);
        for (int larb = 0; larb < 8; larb++) {
            assertThat(mt8183.m4u.common().engine(larb))
                    .isEqualTo(List.of(1, 2, 5, 7).contains(larb) ? 1 : 0);
        }
        mt8183.m4u.translate(DmaRequest.read(new MasterId(7, 1).id(), 0x5000));
        assertThat(mt8183.get(M4uRegister.FAULT_ST1)).isEqualTo(1 << 7);
        assertThat(mt8183.get(M4uRegister.MMU1_FAULT_VA)).isEqualTo(0x5000);
        assertThat(mt8183.get(M4uRegister.MMU1_INT_ID)).isEqualTo(4 << 7 | 1 << 2);
        mt8183.m4u.translate(DmaRequest.read(new MasterId(3, 1).id(), 0x6000));
        assertThat(mt8183.get(M4uRegister.FAULT_ST1)).isEqualTo(1 << 7 | 1);
        assertThat(mt8183.get(M4uRegister.MMU0_INT_ID)).isEqualTo(0x304);
        assertThat(mt8183.pulses).isEqualTo(1);
        mt8183.m4u.common().reset();
        assertThat(mt8183.m4u.common().engine(7)).isZero();
        mt8183.m4u.common().registers().write(0x224, 4, -1);
        assertThat(mt8183.m4u.common().registers().read(0x224, 4)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "4, 1", "5, 2", "6, 3", "7, 4", "2, 5", "3, 6", "1, 7"})
    void mt8183sLarbsHaveTheirNumbersAtTheCommon(int larb, int field) {
        M4uBench mt8183 = new M4uBench(M4uCapabilities.mt8183());
        mt8183.m4u.translate(DmaRequest.read(new MasterId(larb, 9).id(), 0));
        assertThat(mt8183.get(M4uRegister.MMU0_INT_ID)).isEqualTo(field << 7 | 9 << 2);
    }

    @Test
    void behindASubCommonALarbHasTwoNumbers() {
        M4uCapabilities part = M4uCapabilities.mt8183()
                .withLarbs(List.of())
                .withLayout(M4uLayout.MT6779)
                .withLarbs(List.of(new LarbWiring(9, 20, 5, 3)));
        M4uBench later = new M4uBench(part);
        later.m4u.translate(DmaRequest.read(new MasterId(9, 17).id(), 0));
        int id = later.get(M4uRegister.MMU0_INT_ID);
        assertThat(id).isEqualTo(5 << 9 | 3 << 7 | 17 << 2);
        assertThat(InterruptIdLayout.SUB_COMMON_2_BITS.port(id)).isEqualTo(17);
    }

    @Test
    void addressBitsAbove31AreShownWhereThereAreSome() {
        M4uBench wide = new M4uBench(M4uCapabilities.mt8183().withAddresses(34, 35));
        wide.m4u.translate(DmaRequest.write(0, 0x3_1234_5678L));
        assertThat(wide.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(0x1234_5000 | 3 << 9 | 2);
        M4uBench checked = new M4uBench(M4uCapabilities.mt2712()).level2(0, 0x8000_1E42);
        checked.set(M4uRegister.VLD_PA_RNG, 0x300);
        checked.read(0);
        assertThat(checked.get(M4uRegister.MMU0_FAULT_VA)).isEqualTo(1 << 6);
        assertThat(checked.get(M4uRegister.MMU0_INVLD_PA)).isEqualTo(0x8000_1000);
    }

    @Test
    void aFaultThatIsNotEnabledIsPendingWithoutAPulse() {
        bench.set(M4uRegister.INT_MAIN_CONTROL, 0x3FFE);
        bench.read(0);
        assertThat(bench.get(M4uRegister.FAULT_ST1)).isEqualTo(1);
        assertThat(bench.pulses).isZero();
        bench.set(M4uRegister.INT_MAIN_CONTROL, 0x7F);
        assertThat(bench.pulses).isEqualTo(1);
        bench.set(M4uRegister.INT_MAIN_CONTROL, 0x7F);
        assertThat(bench.pulses).isEqualTo(1);
    }

    @Test
    void aFailedWalkIsAFaultOfTheSharedWalkerToo() {
        SparseMemory small = SparseMemory.empty();
        int[] pulses = {0};
        M4u m4u = M4u.builder(small).interrupt(() -> pulses[0]++).build();
        m4u.registers().write(M4uRegister.INT_CONTROL0.offset(), 4, 0x6F);
        m4u.larb(0).registers().write(0xF00, 4, 1);
        assertThat(m4u.translate(DmaRequest.read(0, 0))).hasToString("Fault(TRANSLATION_FAULT, ABORT, recorded)");
        assertThat(m4u.registers().read(M4uRegister.L2_FAULT_ST.offset(), 4)).isEqualTo(2);
        assertThat(m4u.registers().read(M4uRegister.FAULT_ST1.offset(), 4)).isEqualTo(1);
        assertThat(pulses[0]).isEqualTo(1);
        m4u.registers().write(M4uRegister.INT_CONTROL0.offset(), 4, 0x106F);
        assertThat(m4u.registers().read(M4uRegister.L2_FAULT_ST.offset(), 4)).isZero();
        small.addRam(0, 0x4000);
        small.store32(0, 0x4000_0002);
        assertThat(m4u.translate(DmaRequest.read(0, 0)).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void withoutProtectionAFaultAborts() {
        for (int mode : new int[] {0, 0x10, 0x20, 0x60}) {
            bench.set(M4uRegister.CTRL_REG, mode);
            assertThat(bench.read(0)).hasToString("Fault(TRANSLATION_FAULT, ABORT, recorded)");
            bench.clearFault();
        }
        M4uBench later = new M4uBench(M4uCapabilities.mt8183());
        assertThat(later.read(0)).hasToString("Fault(TRANSLATION_FAULT, RAZ_WI, recorded)");
        later.clearFault();
        later.set(M4uRegister.CTRL_REG, 0x50);
        assertThat(later.read(0)).hasToString("Fault(TRANSLATION_FAULT, ABORT, recorded)");
    }

    @Test
    void protectedAccessesGoToTheBufferOfIvrp() {
        assertThat(bench.get(M4uRegister.IVRP_PADDR)).isEqualTo(0x2000_0800);
        assertThat(bench.m4u.protectAddress(0x1234_5678L)).isEqualTo(0x4000_1078L);
        assertThat(bench.m4u
                        .explain(DmaRequest.read(M4uBench.MASTER, 0x1234_5678L))
                        .conclusion())
                .isEqualTo("larb 0 port 5, mmu0: TRANSLATION_L1 (B3.5); sent to 0x40001078");
        bench.set(M4uRegister.CTRL_REG, 0);
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 0)).conclusion())
                .isEqualTo("larb 0 port 5, mmu0: TRANSLATION_L1 (B3.5)");
        M4uBench fourGigabytes =
                new M4uBench(builder -> builder.infracfg(new Infracfg(Infracfg.MemoryMode.FOUR_GIGABYTES)));
        fourGigabytes.set(M4uRegister.IVRP_PADDR, 0xA000_0800);
        assertThat(fourGigabytes.m4u.protectAddress(0)).isEqualTo(0x4000_1000L);
        M4uBench later = new M4uBench(M4uCapabilities.mt8183());
        later.set(M4uRegister.IVRP_PADDR, 0x4000_1102);
        assertThat(later.m4u.protectAddress(0x12F4)).isEqualTo(0x2_4000_11F4L);
    }

    @Test
    void anExplanationShowsTheRegistersTheFaultWouldSet() {
        DmaRequest request = DmaRequest.of(new MasterId(3, 3).id(), 0x1234_5678L, Access.WRITE);
        assertThat(bench.m4u.explain(request).event()).isEqualTo(List.of(1L, 0x1234_5002L, 0L, 0x18CL));
        assertThat(bench.m4u.explain(request).result()).isEqualTo(bench.m4u.translate(request));
        assertThat(bench.m4u.explain(request).event()).isEmpty();
        assertThat(bench.m4u.explain(request).result()).isEqualTo(bench.m4u.translate(request));
    }

    @Test
    void anExplanationTellsEveryReadOfASuccess() {
        bench.level2(0x1000, 0x4000_1E42);
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 0x1008)).toText())
                .isEqualTo("""
                        stream 0x5 READ 0x1008
                          1  L1     0x000080000000  0000000080100009 PXN=0x0 NS=0x1 PA[34:32]=0x0  -> table at 0x80100000
                          2  L2     0x000080100004  0000000040001e42 TEX,C,B=0x4 S=0x1 nG=0x1 PA[34:32]=0x1  -> small page at 0x140001000
                          => Ok(pa=0x140001008, size=2^12, rwx, type=0x44 OUTER)  larb 0 port 5, mmu0: permitted: domain 0 CLIENT (B3.7)
                        """);
    }
}
