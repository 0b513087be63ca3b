package io.github.iommu4j.lab.recording;

import io.github.iommu4j.lab.capture.Family;
import io.github.iommu4j.lab.recording.WorkloadMachine.Installation;
import io.github.iommu4j.lab.recording.WorkloadMachine.Surroundings;
import io.github.iommu4j.vtd.driver.DmarTable;
import io.github.iommu4j.vtd.driver.DmarUnit;
import io.github.iommu4j.vtd.driver.IntelIommu;
import io.github.iommu4j.vtd.driver.VtdHost;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import java.util.Locale;

/** The IOMMUs that a workload can run on. */
public enum ModelKind {
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

    private static Installation vtd(Surroundings surroundings, VtdCapabilities capabilities) {
        Vtd unit = Vtd.builder(surroundings.memory(), capabilities).build();
        DmarTable table =
                DmarTable.of(capabilities.hostAddressWidth(), DmarUnit.ofEverything("dmar0", unit.registers()));
        VtdHost host = VtdHost.builder(surroundings.memory(), surroundings.allocator())
                .locking(surroundings.locking())
                .build();
        return new Installation(Family.VTD, unit, IntelIommu.start(table, host).drivers());
    }
}
