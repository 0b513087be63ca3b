package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.device.Device;

/** Switches a PCI function's cache of translations, as its ATS capability does. Called under the group's mutex. */
public interface AtsControl {

    /** Functions that need not be told. */
    AtsControl NONE = new AtsControl() {};

    /**
     * The function may ask for translations from now on.
     *
     * @param device the function
     * @param smallestUnitLg2 log2 of the bytes of the smallest translation (STU), 12 or more
     */
    default void enable(Device device, int smallestUnitLg2) {}

    /**
     * The function is to use its translations no more, and to ask for none; its requests in flight have ended when this
     * returns.
     *
     * @param device the function
     */
    default void disable(Device device) {}
}
