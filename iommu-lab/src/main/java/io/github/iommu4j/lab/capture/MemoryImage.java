package io.github.iommu4j.lab.capture;

import java.util.List;

/**
 * The 4 KiB pages of guest memory a capture holds ({@code pages.csv}, {@code pages.bin.gz}). Immutable but for the
 * bytes, which nobody writes.
 *
 * @param pages every page, sorted by address, without duplicates
 * @param content the bytes the pages point into
 */
public record MemoryImage(List<Page> pages, byte[] content) {

    /** Bytes in a page. */
    public static final int PAGE_SIZE = 4096;

    /** Copies the list. */
    public MemoryImage {
        pages = List.copyOf(pages);
    }

    /**
     * One page.
     *
     * @param address physical byte address, 4 KiB aligned
     * @param offset where its bytes begin in {@link MemoryImage#content()}, or -1 for a page of zeros
     */
    public record Page(long address, int offset) {

        /**
         * Whether bytes are stored for this page.
         *
         * @return {@code false} for a page of zeros
         */
        public boolean isStored() {
            return offset >= 0;
        }
    }
}
