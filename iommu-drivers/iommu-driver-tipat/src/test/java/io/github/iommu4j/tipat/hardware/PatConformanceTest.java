package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import java.util.List;

/**
 * One PAT keeps the rules of every translation unit. It has its table in SRAM of its own, so what the suite says of reads
 * of memory holds because there are none.
 */
class PatConformanceTest extends TranslationUnitConformance {

    @Override
    protected TranslationUnitSubject subject() {
        return new TranslationUnitSubject() {
            @Override
            public BeforeProgramming beforeProgramming() {
                return BeforeProgramming.PASSES;
            }

            @Override
            public TranslationUnit afterReset(PhysicalMemory memory) {
                return Rig.pat(1024);
            }

            @Override
            public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
                Pat pat = (Pat) unit;
                Rig.control(pat, 1);
                Rig.map(pat, 0, 0x8_8000_0000L);
                Rig.map(pat, 1023, 0x8_9000_0000L);
                return new Traffic(
                        List.of(
                                DmaRequest.read(1, Rig.BASE),
                                DmaRequest.write(2, Rig.BASE + 0x3F_F008),
                                DmaRequest.read(3, 0x1000)),
                        List.of(
                                DmaRequest.read(1, Rig.BASE + 0x1000),
                                DmaRequest.write(1, Rig.BASE + 0x40_0000),
                                DmaRequest.write(1, 1L << 50)));
            }
        };
    }
}
