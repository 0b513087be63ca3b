package io.github.iommu4j.vtd.driver;

/**
 * What a function can that an IOMMU has to know of. Immutable.
 *
 * @param atsQueueDepth invalidations the function's cache of translations takes at a time, 1 to 32; 0 when it has none
 * @param pasidBits width of its PASIDs, 1 to 20; 0 when it sends none
 * @param pageRequests page requests it can have outstanding (PRI), 0 when it asks for no pages
 */
public record PciFeatures(int atsQueueDepth, int pasidBits, int pageRequests) {

    /** None of them. */
    public static final PciFeatures NONE = new PciFeatures(0, 0);

    /**
     * A function that asks for no pages.
     *
     * @param atsQueueDepth invalidations the function's cache of translations takes at a time, 1 to 32; 0 when it has none
     * @param pasidBits width of its PASIDs, 1 to 20; 0 when it sends none
     */
    public PciFeatures(int atsQueueDepth, int pasidBits) {
        this(atsQueueDepth, pasidBits, 0);
    }
}
