package io.github.iommu4j.core.topology;

/** Known departures of a function from the specification that change who it can be told from. */
public enum PciQuirk {
    /** A conventional bridge that takes the requester ID of its secondary bus, as a PCIe-to-PCI bridge does. */
    BRIDGE_USES_SECONDARY_ID,
    /** A bridge above which translation happens already: requester IDs from above it do not matter. */
    TRANSLATION_ROOT,
    /** A multifunction device whose functions are isolated although it has no ACS capability. */
    ISOLATED_WITHOUT_ACS
}
