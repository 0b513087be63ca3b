package io.github.iommu4j.core.dmabuf;

/**
 * How much of DMA-BUF is in use: what must be nothing after a test. Immutable.
 *
 * @param buffers buffers with a reference
 * @param attachments devices attached to them
 * @param mappings how often those devices have them mapped
 * @param kernelMappings how often the kernel has them mapped ({@code vmap})
 */
public record DmaBufCensus(int buffers, int attachments, int mappings, int kernelMappings) {

    /** Nothing in use. */
    public static final DmaBufCensus NOTHING = new DmaBufCensus(0, 0, 0, 0);

    DmaBufCensus plus(DmaBufCensus other) {
        return new DmaBufCensus(
                buffers + other.buffers,
                attachments + other.attachments,
                mappings + other.mappings,
                kernelMappings + other.kernelMappings);
    }
}
