package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.testkit.conformance.DriverConformance;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import org.junit.jupiter.api.Nested;

/** The driver with our hardware under it, in each mode and stage. */
class VtdDriverConformanceTest {

    private static final PciFeatures CAPABLE = new PciFeatures(8, 5);

    /** Two functions alone, two in a group, one behind a bridge; structures are written back. */
    @Nested
    class Legacy extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new VtdMachine(VtdCapabilities.legacy(), PciFeatures.NONE);
        }
    }

    /** What is absent may be cached, and write buffers must be flushed. */
    @Nested
    class LegacyCaching extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            VtdCapabilities caching = VtdCapabilities.legacy().toBuilder()
                    .with(VtdFeature.CM, VtdFeature.RWBF, VtdFeature.C, VtdFeature.SMPWCS)
                    .build();
            return new VtdMachine(caching, PciFeatures.NONE);
        }
    }

    /** Invalidation by registers. */
    @Nested
    class LegacyWithoutQueue extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            VtdCapabilities registersOnly = VtdCapabilities.legacy().toBuilder()
                    .without(VtdFeature.QI, VtdFeature.IR, VtdFeature.EIM, VtdFeature.DT)
                    .build();
            return new VtdMachine(registersOnly, PciFeatures.NONE);
        }
    }

    @Nested
    class ScalableSecondStage extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new VtdMachine(
                    VtdCapabilities.everything().toBuilder()
                            .secondStageWidths(6)
                            .without(VtdFeature.FSTS, VtdFeature.NEST)
                            .build(),
                    CAPABLE);
        }
    }

    @Nested
    class ScalableSecondStageCaching extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new VtdMachine(
                    VtdCapabilities.everything().toBuilder()
                            .without(VtdFeature.FSTS, VtdFeature.NEST)
                            .with(VtdFeature.CM)
                            .build(),
                    CAPABLE);
        }
    }

    @Nested
    class ScalableFirstStage extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new VtdMachine(
                    VtdCapabilities.everything().toBuilder()
                            .without(VtdFeature.SSTS, VtdFeature.NEST)
                            .build(),
                    CAPABLE);
        }
    }

    @Nested
    class ScalableFirstStageCaching extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new VtdMachine(
                    VtdCapabilities.everything().toBuilder()
                            .without(VtdFeature.SSTS, VtdFeature.NEST, VtdFeature.FS5LP)
                            .with(VtdFeature.CM)
                            .build(),
                    CAPABLE);
        }
    }

    /** Linux 6.1: groups of several devices, ownership and attaching are the old core's. */
    @Nested
    class LegacyOn61 extends Legacy {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V6_1;
        }
    }

    @Nested
    class ScalableSecondStageOn61 extends ScalableSecondStage {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V6_1;
        }
    }

    @Nested
    class LegacyOn72 extends Legacy {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V7_2;
        }
    }

    @Nested
    class ScalableFirstStageOn72 extends ScalableFirstStage {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V7_2;
        }
    }
}
