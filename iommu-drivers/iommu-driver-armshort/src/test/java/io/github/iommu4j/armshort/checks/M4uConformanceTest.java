package io.github.iommu4j.armshort.checks;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import java.util.List;

/** The M4U keeps the rules of every translation unit. */
class M4uConformanceTest extends TranslationUnitConformance {

    private static final long TABLE = 0x8010_0000L;

    @Override
    protected TranslationUnitSubject subject() {
        return new Subject();
    }

    private static final class Subject implements TranslationUnitSubject {

        @Override
        public BeforeProgramming beforeProgramming() {
            return BeforeProgramming.PASSES;
        }

        @Override
        public TranslationUnit afterReset(PhysicalMemory memory) {
            return M4u.builder(memory).build();
        }

        @Override
        public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
            M4u m4u = (M4u) unit;
            Units.level1(memory, 0x1000_0000, (int) TABLE | 9);
            Units.level2(memory, TABLE, 0x1000_1000, 0x4000_1C42);
            Units.level1(memory, 0x2000_0000, 0x503B_1002);
            Units.start(m4u);
            Units.invalidateAll(m4u);
            return new Traffic(
                    List.of(
                            DmaRequest.read(Units.MASTER, 0x1000_1008),
                            DmaRequest.write(Units.MASTER, 0x1000_1FF8),
                            DmaRequest.write(Units.MASTER, 0x200F_0000),
                            DmaRequest.read(4, 0x1234_5678)),
                    List.of(
                            DmaRequest.read(Units.MASTER, 0x1000_0000),
                            DmaRequest.write(Units.MASTER, 0x3000_0000),
                            DmaRequest.read(Units.MASTER, 0x1_0000_0000L),
                            DmaRequest.read(0x400, 0x1000_1000)));
        }
    }
}
