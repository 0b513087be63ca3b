package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.hardware.InterruptWrite;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of faults. */
class FaultReaderTest {

    private static final String NIC = "0000:00:02.0";
    private static final String OTHER = "0000:00:03.0";

    private static List<String> lines(VtdBench bench) {
        return bench.log.drain().stream().map(KernelLog.Line::text).toList();
    }

    @Test
    void aFaultIsPrintedAndToldToTheHandlerOfTheDevicesDomain() {
        VtdBench bench = new VtdBench.Plan().boot();
        bench.attached(NIC);
        lines(bench);
        assertThat(bench.iommu.step()).isFalse();
        assertThat(bench.dma(NIC, 0x1234_5678L, Access.WRITE)).isEqualTo(-1);
        assertThat(bench.iommu.step()).isTrue();
        assertThat(lines(bench))
                .containsExactly(
                        "DMAR: DRHD: handling fault status reg 2",
                        "DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x12345000"
                                + " [fault reason 0x05] LGN.2: write or AtomicOp without write permission");
        assertThat(bench.faults).containsExactly(NIC + " " + Access.WRITE + " 0x12345000");
        assertThat(bench.read(VtdRegister.FSTS)).isZero();
        assertThat(bench.iommu.step()).isFalse();
    }

    @Test
    void recordsAreReadInTheirOrderFromTheFirstOneOnAndOverflowIsCleared() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.function("0000:00:05.0", 0);
        VtdBench bench = plan.boot();
        bench.dma(NIC, 0x1000, Access.READ);
        bench.iommu.step();
        lines(bench);
        bench.faults.clear();
        bench.dma(NIC, 0x2000, Access.READ);
        bench.dma(OTHER, 0x3000, Access.READ);
        bench.dma("0000:00:05.0", 0x4000, Access.READ);
        assertThat(Fsts.PFO.isSet(bench.read(VtdRegister.FSTS))).isTrue();
        bench.iommu.step();
        assertThat(bench.faults)
                .containsExactly(NIC + " " + Access.READ + " 0x2000", OTHER + " " + Access.READ + " 0x3000");
        assertThat(bench.read(VtdRegister.FSTS)).isZero();
    }

    @Test
    void aFaultWithPasidIsOfThatPasidsDomain() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        plan.features = new PciFeatures(0, 6);
        VtdBench bench = plan.boot();
        bench.group(NIC).attachPasid(bench.core.newPagingDomain(bench.device(NIC)), 3);
        lines(bench);
        bench.unit.translate(0x10, 3, 0x5000, Access.READ.bits());
        bench.unit.translate(0x18, TranslationUnit.NO_SUBSTREAM, 0x6000, Access.WRITE.bits());
        bench.iommu.step();
        assertThat(lines(bench).get(1)).contains("[DMA Read PASID 0x3] Request device [00:02.0] fault addr 0x5000");
        assertThat(bench.faults).hasSize(2);
    }

    @Test
    void aDeviceNobodyKnowsAndAnInterruptAreOnlyPrinted() {
        VtdBench bench = new VtdBench.Plan().boot();
        lines(bench);
        bench.unit.translate(0x123, TranslationUnit.NO_SUBSTREAM, 0x5000, Access.READ.bits());
        bench.iommu.step();
        assertThat(lines(bench).get(1)).contains("Request device [01:04.3]");
        bench.unit.remap(InterruptWrite.of(0x10, 0xFEE0_0010L, 0));
        bench.iommu.step();
        assertThat(lines(bench).get(1))
                .contains("[INTR-REMAP] Request device [00:02.0] fault index 0x0", "reason 0x22");
        assertThat(bench.faults).isEmpty();
    }
}
