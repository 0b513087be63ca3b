package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.smmuv3.driver.SmmuMachine.Clients;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.testkit.conformance.DriverConformance;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import org.junit.jupiter.api.Nested;

/**
 * The driver with our hardware under it, in each stage and with each kind of tables, devices and commands. Not on 6.1, where a
 * domain that was never attached does not map: the suite maps first.
 */
class SmmuDriverConformanceTest {

    private static final Smmuv3Capabilities EVERYTHING = SmmuBench.CAPABLE;
    private static final Smmuv3Capabilities SMALL = EVERYTHING.toBuilder()
            .set(IdField.SIDSIZE, 6)
            .disable(IdField.ST_LEVEL, IdField.CD2L, IdField.RIL)
            .build();

    private static DriverSubject machine(Smmuv3Capabilities capabilities, Clients clients) {
        return new SmmuMachine(capabilities, clients, builder -> builder);
    }

    /** Stage 1, tables of two levels, invalidation by ranges. */
    @Nested
    class Platform extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return machine(EVERYTHING, Clients.PLATFORM);
        }
    }

    /** The same with functions in groups of their own, in one together, and behind a bridge. */
    @Nested
    class Pci extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return machine(EVERYTHING, Clients.PCI);
        }
    }

    /** Linear stream and context tables, one invalidation for each page. */
    @Nested
    class Linear extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return machine(SMALL, Clients.PLATFORM);
        }
    }

    /** A unit that has only stage 2; completion is polled. */
    @Nested
    class StageTwoOnly extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return machine(SmmuBench.STAGE_2.toBuilder().disable(IdField.MSI).build(), Clients.PCI);
        }
    }

    /** Both stages, of which the second is wanted; one invalidation for each page. */
    @Nested
    class StageTwoPreferred extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new SmmuMachine(
                    EVERYTHING.toBuilder().disable(IdField.RIL).build(),
                    Clients.PLATFORM,
                    builder -> builder.option(SmmuOption.PREFER_STAGE_2));
        }
    }

    /** The emulator's unit that kernels run on: stage 1, no PASIDs. */
    @Nested
    class Emulated extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return machine(Smmuv3Capabilities.linuxVirt7(), Clients.PCI);
        }
    }

    /** A user's stage 1 over stage 2, for every domain; invalidation by ranges. */
    @Nested
    class NestedStages extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new NestedMachine(new SmmuMachine(EVERYTHING, Clients.PCI, builder -> builder));
        }
    }

    /** The same with linear tables, and one invalidation for each page. */
    @Nested
    class NestedStagesLinear extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new NestedMachine(new SmmuMachine(SMALL, Clients.PLATFORM, builder -> builder));
        }
    }

    /** A kernel at EL2. */
    @Nested
    class HostAtEl2 extends DriverConformance {
        @Override
        protected DriverSubject subject() {
            return new SmmuMachine(EVERYTHING, Clients.PLATFORM, builder -> builder.option(SmmuOption.HOST_AT_EL2));
        }
    }

    /** Linux 6.1: entries in fixed orders, devices detached before they are attached, tables made at the first attach. */
    @Nested
    class PciOn61 extends Pci {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V6_1;
        }
    }

    @Nested
    class StageTwoOn61 extends StageTwoPreferred {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V6_1;
        }
    }

    @Nested
    class PciOn72 extends Pci {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V7_2;
        }
    }

    @Nested
    class StageTwoOn72 extends StageTwoPreferred {
        @Override
        protected KernelRelease release() {
            return KernelRelease.V7_2;
        }
    }
}
