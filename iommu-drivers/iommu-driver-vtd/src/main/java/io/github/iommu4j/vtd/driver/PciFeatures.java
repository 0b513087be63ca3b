package io.github.iommu4j.vtd.driver;

/**
 * What a function can that an IOMMU has to know of. Immutable.
 *
 * @param atsQueueDepth invalidations the function's cache of translations takes at a time, 1 to 32; 0 when it has none
 * @param pasidBits width of its PASIDs, 1 to 20; 0 when it sends none
 */
public record PciFeatures(int atsQueueDepth, int pasidBits) {

    /** Neither. */
    public static final PciFeatures NONE = new PciFeatures(0, 0);
}
