package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import org.jspecify.annotations.Nullable;

/** Which default domain a function must have, now and when the core began to decide (June 2019). Immutable. */
final class RequiredTypes {

    private static final int INTEL = 0x8086;
    private static final int AZALIA = 0x3A3E;
    private static final int BASE_DISPLAY = 0x03;
    private static final int CLASS_PCI_BRIDGE = 0x0604;

    private final VtdHost host;
    private final ReservedRanges reserved;

    RequiredTypes(VtdHost host, ReservedRanges reserved) {
        this.host = host;
        this.reserved = reserved;
    }

    private boolean mustPass(PciFunction function) {
        boolean azalia = host.has(VtdOption.AZALIA_BROKEN) && function.vendor() == INTEL && function.device() == AZALIA;
        boolean graphics = host.has(VtdOption.GRAPHICS_OFF) && function.classCode() >>> 16 == BASE_DISPLAY;
        return azalia || graphics;
    }

    /** What a function needs; the core sees to those that are not trusted. */
    @Nullable
    DomainType of(PciFunction function, UnitCapabilities capabilities) {
        if (!capabilities.passesThrough()) {
            return DomainType.DMA;
        }
        return mustPass(function) ? DomainType.IDENTITY : null;
    }

    /** What it needed in 2019, when reserved memory and shared requester ids could not be moved at run time. */
    @Nullable
    DomainType of2019(PciFunction function) {
        if (reserved.isLocked(function) || function.isUntrusted()) {
            return DomainType.DMA;
        }
        if (mustPass(function)) {
            return DomainType.IDENTITY;
        }
        boolean conventional = function.portType() == null;
        boolean bridge = conventional && function.classCode() >>> 8 == CLASS_PCI_BRIDGE
                || function.portType() == PciePortType.PCIE_TO_PCI_BRIDGE;
        return bridge || conventional && !function.bus().isRoot() ? DomainType.DMA : null;
    }
}
