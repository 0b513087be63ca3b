package io.github.iommu4j.core.dmabuf;

/** Which way data goes (Linux {@code enum dma_data_direction}, without the value for "none"). */
public enum DmaDirection {
    /** Both ways, or not known. */
    BIDIRECTIONAL,
    /** From memory to the device. */
    TO_DEVICE,
    /** From the device to memory. */
    FROM_DEVICE
}
