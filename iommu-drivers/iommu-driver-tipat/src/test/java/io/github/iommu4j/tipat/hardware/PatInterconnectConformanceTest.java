package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import java.util.List;

/** Several PATs on one interconnect keep the rules of every translation unit, as one does. */
class PatInterconnectConformanceTest extends TranslationUnitConformance {

    private static final long SECOND_WINDOW = Rig.BASE + 0x4000_0000L;

    @Override
    protected TranslationUnitSubject subject() {
        return new TranslationUnitSubject() {
            @Override
            public BeforeProgramming beforeProgramming() {
                return BeforeProgramming.PASSES;
            }

            @Override
            public TranslationUnit afterReset(PhysicalMemory memory) {
                return PatInterconnect.j721e(memory);
            }

            @Override
            public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
                PatInterconnect soc = (PatInterconnect) unit;
                Rig.control(soc.pats().get(0), 1);
                Rig.control(soc.pats().get(1), 0x11);
                Rig.map(soc.pats().get(0), 0, SECOND_WINDOW);
                Rig.map(soc.pats().get(0), 1, Rig.BASE + 0x1000);
                Rig.map(soc.pats().get(1), 0, 0x8_8000_0000L);
                return new Traffic(
                        List.of(
                                DmaRequest.read(1, Rig.BASE),
                                DmaRequest.write(2, SECOND_WINDOW + 0x3FF8),
                                DmaRequest.read(3, 0x1000)),
                        List.of(
                                DmaRequest.read(1, Rig.BASE + 0x1000),
                                DmaRequest.write(1, SECOND_WINDOW + 0x4000),
                                DmaRequest.write(1, SECOND_WINDOW + 0x4000_0000L),
                                DmaRequest.write(1, 1L << 50)));
            }
        };
    }
}
