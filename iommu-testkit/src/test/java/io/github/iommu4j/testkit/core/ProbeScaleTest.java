package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciQuirk;
import io.github.iommu4j.core.topology.PciePortType;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Probing many functions behind many bridges: the groups, and that time grows no faster than the functions do. */
final class ProbeScaleTest {

    private static final int BUSES_PER_SEGMENT = 128;
    private static final int FUNCTIONS_PER_BUS = 256;

    /** How functions share groups. */
    private enum Fabric {
        /** Conventional bridges: each is one group with everything behind it. */
        CONVENTIONAL,
        /** Switches without access control in their functions: a group for each slot. */
        SWITCHED
    }

    /** One run's figures. */
    private record Figures(int functions, int groups, double scanMillis, double probeMillis, long bytesPerFunction) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%6d functions, %5d groups: scan %7.1f ms, probe %7.1f ms, %5.2f us and %d bytes for each",
                    functions,
                    groups,
                    scanMillis,
                    probeMillis,
                    1000 * (scanMillis + probeMillis) / functions,
                    bytesPerFunction);
        }
    }

    private static Rig machine(Fabric fabric, int bridges) {
        Rig rig = Rig.of(KernelRelease.V6_12);
        for (int bridge = 0; bridge < bridges; bridge++) {
            int segment = 1 + bridge / BUSES_PER_SEGMENT;
            int index = bridge % BUSES_PER_SEGMENT;
            if (index == 0) {
                rig.hardware.rootBus(segment, 0);
            }
            plugBridge(rig, fabric, new RequesterId(segment, 0, index >> 3, index & 7), 1 + index);
        }
        rig.host = rig.newHost();
        return rig;
    }

    private static void plugBridge(Rig rig, Fabric fabric, RequesterId id, int secondary) {
        PciFunction.Builder bridge = PciFunction.at(id).multifunctionBit().bridgeTo(secondary, secondary);
        if (fabric == Fabric.SWITCHED) {
            bridge.express(PciePortType.UPSTREAM_PORT).quirk(PciQuirk.ISOLATED_WITHOUT_ACS);
        }
        rig.hardware.plug(id, bridge);
        for (int devfn = 0; devfn < FUNCTIONS_PER_BUS; devfn++) {
            RequesterId function = new RequesterId(id.segment(), secondary, devfn >> 3, devfn & 7);
            PciFunction.Builder endpoint = PciFunction.at(function).multifunctionBit();
            if (fabric == Fabric.SWITCHED) {
                endpoint.express(PciePortType.ENDPOINT);
            }
            rig.hardware.plug(function, endpoint);
        }
    }

    private static long usedMemory() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static Figures run(Fabric fabric, int bridges) {
        Rig rig = machine(fabric, bridges);
        long memory = usedMemory();
        long start = System.nanoTime();
        rig.host.rescan();
        long scanned = System.nanoTime();
        rig.core.register(rig.iommu);
        long probed = System.nanoTime();
        rig.iommu.failures().forget();
        int functions = rig.bus.nodes().size();
        Figures figures = new Figures(
                functions,
                rig.core.groups().size(),
                (scanned - start) / 1e6,
                (probed - scanned) / 1e6,
                (usedMemory() - memory) / functions);
        rig.close();
        return figures;
    }

    @Test
    void fourThousandFunctionsFormTheGroupsTheirFabricMakes() {
        assertThat(run(Fabric.SWITCHED, 16).groups()).isEqualTo(16 + 16 * 32);
        // The bridges of a slot are functions of one conventional device.
        assertThat(run(Fabric.CONVENTIONAL, 16).groups()).isEqualTo(2);
    }

    @Test
    void theTimeGrowsWithTheNumberOfFunctions() {
        assumeTrue(Boolean.getBoolean("iommu.exhaustive"), "only in the exhaustive profile");
        for (Fabric fabric : Fabric.values()) {
            run(fabric, 16);
            Figures small = run(fabric, 16);
            Figures middle = run(fabric, 64);
            Figures large = run(fabric, 256);
            System.out.println(fabric + "\n  " + small + "\n  " + middle + "\n  " + large);
            double growth = (large.scanMillis() + large.probeMillis()) / (small.scanMillis() + small.probeMillis());
            double factor = (double) large.functions() / small.functions();
            assertThat(growth)
                    .as("growth of time for " + factor + " times the functions")
                    .isLessThan(2.5 * factor);
        }
    }
}
