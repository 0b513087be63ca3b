package io.github.iommu4j.lab.capture;

/**
 * A line of {@code qemu_translations.csv}: a translation the reference machine made, which still holds in the image.
 *
 * @param line line number, from 1
 * @param streamId StreamID
 * @param iova input address
 * @param pa output address
 * @param permissions what the reference logged: bit 0 read, bit 1 write
 * @param walkerPermissions what an independent walker reads in the tables: bit 0 read, bit 1 write
 * @param bypass whether nothing translates this stream
 * @param sizeLg2 log2 of the size of the mapping by the independent walker; 0 for bypass
 */
public record TranslationRow(
        long line,
        int streamId,
        long iova,
        long pa,
        int permissions,
        int walkerPermissions,
        boolean bypass,
        int sizeLg2) {}
