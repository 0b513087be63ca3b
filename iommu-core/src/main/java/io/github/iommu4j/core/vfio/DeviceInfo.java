package io.github.iommu4j.core.vfio;

/**
 * The answer of VFIO_DEVICE_GET_INFO. Immutable.
 *
 * @param flags bit 0 can be reset, bit 1 is a PCI device
 * @param regions how many regions
 * @param irqs how many kinds of interrupt
 */
public record DeviceInfo(int flags, int regions, int irqs) {

    /** The device can be reset. */
    public static final int RESET = 1;
    /** The device is a PCI device. */
    public static final int PCI = 2;
}
