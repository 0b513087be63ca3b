package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;
import java.util.List;

/** The SMMUv3 keeps the rules of every translation unit. */
class Smmuv3ConformanceTest extends TranslationUnitConformance {

    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;
    private static final long STAGE2_ROOT = 0x5800_0000L;

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
            return Units.smmu(memory, Smmuv3Capabilities.linuxVirt10(), Units.Caching.DEFAULT);
        }

        @Override
        public Traffic program(TranslationUnit unit, PhysicalMemory memory) {
            Layouts.context(memory, CONTEXT, 1, ROOT);
            memory.store64(Layouts.tables(memory, ROOT, Layouts.INPUT), Layouts.stage1Page(0x8_0000_1000L));
            memory.store64(Layouts.tables(memory, STAGE2_ROOT, Layouts.INPUT), Layouts.stage2Page(0x9_0000_1000L));
            Layouts.stage1Stream(memory, 1, 1, CONTEXT);
            Layouts.stage2Stream(memory, 2, 2, STAGE2_ROOT);
            Layouts.bypassStream(memory, 3);
            new Rig(unit, memory, Rig.QUEUES).start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 2);
            return new Traffic(
                    List.of(
                            DmaRequest.read(1, Layouts.INPUT),
                            DmaRequest.write(1, Layouts.INPUT + 0xFF8),
                            DmaRequest.read(2, Layouts.INPUT + 8),
                            DmaRequest.write(3, 0x1234_5678L)),
                    List.of(
                            DmaRequest.read(0, Layouts.INPUT),
                            DmaRequest.read(1, Layouts.INPUT + 0x1000),
                            DmaRequest.write(2, 1L << 50),
                            DmaRequest.read(0x1_0000, Layouts.INPUT)));
        }
    }
}
