package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The 4 KiB pages of guest memory a capture holds ({@code pages.csv}, {@code pages.bin.gz}). Immutable. */
public final class MemoryImage {

    /** Bytes in a page. */
    public static final int PAGE_SIZE = 4096;

    /** Bytes that an image holds at most. */
    static final int LARGEST_CONTENT = 1 << 28;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final List<Page> pages;
    private final byte[] content;

    /** The array is taken over, and every stored page lies within it. */
    MemoryImage(List<Page> pages, byte[] content) {
        this.pages = List.copyOf(pages);
        this.content = content;
    }

    /**
     * Takes pages of a running machine's memory.
     *
     * @param memory the memory
     * @param addresses which pages, 4 KiB aligned, ascending, each once
     * @return the image; pages of zeros take no room in it
     * @throws CaptureException when the pages that hold something take 256 MiB or more
     */
    public static MemoryImage of(PhysicalMemory memory, long[] addresses) throws CaptureException {
        List<Page> pages = new ArrayList<>();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] bytes = new byte[PAGE_SIZE];
        for (long address : addresses) {
            long any = 0;
            for (int at = 0; at < PAGE_SIZE; at += Long.BYTES) {
                long word = memory.load64(address + at);
                WORD.set(bytes, at, word);
                any |= word;
            }
            pages.add(new Page(address, any == 0 ? -1 : content.size()));
            if (any != 0) {
                content.writeBytes(bytes);
            }
            if (content.size() > LARGEST_CONTENT - PAGE_SIZE) {
                throw new CaptureException("more than " + LARGEST_CONTENT + " bytes of memory hold something");
            }
        }
        return new MemoryImage(pages, content.toByteArray());
    }

    /** The bytes of the stored pages, one after the other. */
    byte[] content() {
        return content.clone();
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
