package io.github.iommu4j.api.dma;

/** A unit that takes page requests of devices (PCIe PRI) and queues them for software. */
public interface PageRequestUnit extends TranslationUnit {

    /**
     * A device asks for a page. The request stands in the unit's queue when this returns, or was lost as the architecture says;
     * answers that the unit gives by itself went to {@link Endpoints#respond} by then. Never throws for what a device may send.
     *
     * @param message the request
     */
    void pageRequest(PageRequestMessage message);
}
