package io.github.iommu4j.lab.recording;

import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.lab.capture.Family;
import io.github.iommu4j.lab.recording.WorkloadMachine.Installation;
import io.github.iommu4j.lab.recording.WorkloadMachine.Surroundings;
import io.github.iommu4j.smmuv3.driver.SmmuHost;
import io.github.iommu4j.smmuv3.driver.SmmuOption;
import io.github.iommu4j.smmuv3.driver.Smmuv3Driver;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.vtd.driver.DmarTable;
import io.github.iommu4j.vtd.driver.DmarUnit;
import io.github.iommu4j.vtd.driver.IntelIommu;
import io.github.iommu4j.vtd.driver.VtdHost;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The IOMMUs that a workload can run on. */
public enum ModelKind {
    /** SMMUv3 with stage 1. */
    SMMUV3_STAGE_1 {
        @Override
        Installation install(Surroundings surroundings) {
            return smmu(surroundings, EnumSet.noneOf(SmmuOption.class));
        }
    },
    /** SMMUv3 with stage 2. */
    SMMUV3_STAGE_2 {
        @Override
        Installation install(Surroundings surroundings) {
            return smmu(surroundings, EnumSet.of(SmmuOption.PREFER_STAGE_2));
        }
    },
    /** VT-d in legacy mode. */
    VTD_LEGACY {
        @Override
        Installation install(Surroundings surroundings) {
            return vtd(surroundings, VtdCapabilities.legacy());
        }
    },
    /** VT-d in scalable mode, with second stages. */
    VTD_SECOND_STAGE {
        @Override
        Installation install(Surroundings surroundings) {
            return vtd(
                    surroundings,
                    VtdCapabilities.everything().toBuilder()
                            .without(VtdFeature.FSTS, VtdFeature.NEST)
                            .build());
        }
    },
    /** VT-d in scalable mode, with first stages. */
    VTD_FIRST_STAGE {
        @Override
        Installation install(Surroundings surroundings) {
            return vtd(
                    surroundings,
                    VtdCapabilities.everything().toBuilder()
                            .without(VtdFeature.SSTS, VtdFeature.NEST)
                            .build());
        }
    };

    abstract Installation install(Surroundings surroundings);

    /**
     * What it is called on a command line.
     *
     * @return such as {@code vtd-legacy}
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Installation smmu(Surroundings surroundings, Set<SmmuOption> options) {
        Smmuv3 unit = Smmuv3.builder(surroundings.memory()).build();
        SmmuHost.Builder host = SmmuHost.builder(kernel(surroundings)).whilePolling(unit::step);
        options.forEach(host::option);
        Smmuv3Driver driver = Smmuv3Driver.start("smmuv3", unit.registers(), host.build());
        return new Installation(Family.SMMUV3, unit, List.of(driver));
    }

    private static KernelServices kernel(Surroundings surroundings) {
        return KernelServices.builder(surroundings.memory(), surroundings.allocator())
                .locking(surroundings.locking())
                .build();
    }

    private static Installation vtd(Surroundings surroundings, VtdCapabilities capabilities) {
        Vtd unit = Vtd.builder(surroundings.memory(), capabilities).build();
        DmarTable table =
                DmarTable.of(capabilities.hostAddressWidth(), DmarUnit.ofEverything("dmar0", unit.registers()));
        VtdHost host = VtdHost.builder(kernel(surroundings)).build();
        return new Installation(Family.VTD, unit, IntelIommu.start(table, host).drivers());
    }
}
