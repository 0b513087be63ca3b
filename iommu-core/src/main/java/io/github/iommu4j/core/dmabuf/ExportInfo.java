package io.github.iommu4j.core.dmabuf;

import org.jspecify.annotations.Nullable;

/**
 * What an exporter says of a buffer (Linux {@code struct dma_buf_export_info}). Immutable.
 *
 * @param exporter the exporter's name
 * @param size bytes, 0 or more
 * @param ops what the exporter does
 * @param parent the buffer that is exported once more, or {@code null} for one with memory of its own
 */
public record ExportInfo(
        String exporter, long size, DmaBufOps ops, @Nullable DmaBuf parent) {

    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException when it is negative
     */
    public ExportInfo {
        if (size < 0) {
            throw new IllegalArgumentException(exporter + " exports " + size + " bytes");
        }
    }

    /**
     * A buffer with memory of its own.
     *
     * @param exporter the exporter's name
     * @param size bytes, 0 or more
     * @param ops what the exporter does
     * @return the description
     */
    public static ExportInfo of(String exporter, long size, DmaBufOps ops) {
        return new ExportInfo(exporter, size, ops, null);
    }
}
