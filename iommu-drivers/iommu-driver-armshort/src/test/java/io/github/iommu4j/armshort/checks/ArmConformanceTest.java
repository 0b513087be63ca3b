package io.github.iommu4j.armshort.checks;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import java.util.List;

/** The plain unit keeps the rules of every translation unit. */
class ArmConformanceTest extends TranslationUnitConformance {

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
            return ArmV7Mmu.builder(memory).build();
        }

        @Override
        public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
            Units.level1(memory, 0x1000_0000, (int) TABLE | 1);
            Units.level2(memory, TABLE, 0x1000_1000, 0x4000_1C72);
            Units.level2(memory, TABLE, 0x1000_2000, 0x4000_2E72);
            Units.level1(memory, 0x2000_0000, 0x4033_9402);
            Units.start((ArmV7Mmu) unit);
            return new Traffic(
                    List.of(
                            DmaRequest.read(0, 0x1000_1008),
                            DmaRequest.write(0, 0x1000_1FF8),
                            DmaRequest.read(0, 0x1000_2000),
                            DmaRequest.read(0, 0x2000_0040).privileged()),
                    List.of(
                            DmaRequest.read(0, 0x1000_0000),
                            DmaRequest.write(0, 0x1000_2000),
                            DmaRequest.read(0, 0x2000_0040),
                            DmaRequest.read(0, 0x3000_0000),
                            DmaRequest.read(0, 1L << 40)));
        }
    }
}
