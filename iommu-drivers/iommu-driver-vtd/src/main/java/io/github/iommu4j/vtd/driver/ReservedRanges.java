package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;

/** The addresses reserved for functions (Linux {@code intel_iommu_get_resv_regions}). Immutable. */
final class ReservedRanges {

    private static final int BASE_DISPLAY = 0x03;
    private static final int CLASS_USB = 0x0C03;
    private static final int CLASS_ISA_BRIDGE = 0x0601;

    /** Where writes without PASID are interrupts (Intel VT-d §3.14). */
    private static final ReservedRegion INTERRUPTS = new ReservedRegion(
            new IovaRange(0xFEE0_0000L, 0xFEEF_FFFFL),
            Prot.WRITE.and(Prot.NOEXEC).and(Prot.MMIO),
            ReservedRegion.Type.MSI);
    /** Floppy drives reach the first 16 MiB through the ISA bridge's own requests. */
    private static final ReservedRegion ISA =
            new ReservedRegion(new IovaRange(0, 0xFF_FFFFL), Prot.READ_WRITE, ReservedRegion.Type.DIRECT_RELAXABLE);

    private final DmarMatch firmware;

    ReservedRanges(DmarMatch firmware) {
        this.firmware = firmware;
    }

    /** USB controllers and graphics use their memory until a driver takes over, and then no more. */
    private static boolean isRelaxable(PciFunction function) {
        return function.classCode() >>> 8 == CLASS_USB || function.classCode() >>> 16 == BASE_DISPLAY;
    }

    /** Whether a function's memory must never be taken away. */
    boolean isLocked(PciFunction function) {
        return !isRelaxable(function) && !firmware.reservedFor(function).isEmpty();
    }

    List<ReservedRegion> of(PciFunction function) {
        List<ReservedRegion> regions = new ArrayList<>();
        ReservedRegion.Type type =
                isRelaxable(function) ? ReservedRegion.Type.DIRECT_RELAXABLE : ReservedRegion.Type.DIRECT;
        for (ReservedMemory memory : firmware.reservedFor(function)) {
            regions.add(new ReservedRegion(new IovaRange(memory.base(), memory.limit()), Prot.READ_WRITE, type));
        }
        if (function.classCode() >>> 8 == CLASS_ISA_BRIDGE) {
            regions.add(ISA);
        }
        regions.add(INTERRUPTS);
        return regions;
    }
}
