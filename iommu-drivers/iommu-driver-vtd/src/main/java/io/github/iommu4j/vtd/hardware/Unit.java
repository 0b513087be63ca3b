package io.github.iommu4j.vtd.hardware;

/**
 * What a unit is, for those that read its structures.
 *
 * @param capabilities what it can do
 * @param deviations what it does otherwise
 */
record Unit(VtdCapabilities capabilities, Deviations deviations) {}
