package io.github.iommu4j.lab.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/** The 4 KiB pages of guest memory a capture holds ({@code pages.csv}, {@code pages.bin.gz}). Immutable. */
public final class MemoryImage {

    /** Bytes in a page. */
    public static final int PAGE_SIZE = 4096;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final List<Page> pages;
    private final byte[] content;

    /** The array is taken over, and every stored page lies within it. */
    MemoryImage(List<Page> pages, byte[] content) {
        this.pages = List.copyOf(pages);
        this.content = content;
    }

    /**
     * One page.
     *
     * @param address physical byte address, 4 KiB aligned
     * @param offset where its bytes begin in the stored content, or -1 for a page of zeros
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

    /**
     * Every page.
     *
     * @return sorted by address, without duplicates
     */
    public List<Page> pages() {
        return pages;
    }

    /**
     * A word of a page.
     *
     * @param page one of {@link #pages()}
     * @param at byte offset in the page, a multiple of 8
     * @return the word, little-endian
     */
    public long word(Page page, int at) {
        return page.isStored() ? (long) WORD.get(content, page.offset() + at) : 0;
    }
}
