package io.github.iommu4j.lab.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads {@code pages.csv} and {@code pages.bin.gz}. */
final class MemoryImageReader {

    private static final String INDEX = CaptureTable.PAGES.file();
    private static final String CONTENT = "pages.bin.gz";
    private static final int ADDRESS_BITS = 52;

    private MemoryImageReader() {}

    static MemoryImage read(CaptureSource source) throws CaptureException {
        List<MemoryImage.Page> pages =
                new ArrayList<>(CsvTable.read(source, CaptureTable.PAGES, MemoryImageReader::page));
        pages.sort(Comparator.comparingLong(MemoryImage.Page::address));
        int needed = 0;
        for (int i = 0; i < pages.size(); i++) {
            MemoryImage.Page page = pages.get(i);
            if (i > 0 && pages.get(i - 1).address() == page.address()) {
                throw new CaptureException(INDEX + ": page 0x" + Long.toHexString(page.address()) + " is listed twice");
            }
            needed = Math.max(needed, page.isStored() ? page.offset() + MemoryImage.PAGE_SIZE : 0);
        }
        return new MemoryImage(pages, content(source, needed));
    }

    private static MemoryImage.Page page(CsvRow row) throws CaptureException {
        long address = row.hex("gpa", ADDRESS_BITS);
        if (address % MemoryImage.PAGE_SIZE != 0) {
            throw row.error("gpa", "page address, a multiple of 0x1000");
        }
        long offset = row.decimal("offset", -1, MemoryImage.LARGEST_CONTENT - MemoryImage.PAGE_SIZE);
        return new MemoryImage.Page(address, (int) offset);
    }

    private static byte[] content(CaptureSource source, int needed) throws CaptureException {
        try (InputStream file = source.open(CONTENT)) {
            if (file == null) {
                throw new CaptureException(CONTENT + " is missing in " + source.name());
            }
            try (InputStream in = new GZIPInputStream(file)) {
                byte[] content = in.readNBytes(needed);
                if (content.length < needed) {
                    throw new CaptureException(
                            CONTENT + ": holds " + content.length + " bytes where " + INDEX + " points at " + needed);
                }
                in.transferTo(OutputStream.nullOutputStream());
                return content;
            }
        } catch (EOFException e) {
            throw new CaptureException(CONTENT + ": truncated gzip stream");
        } catch (ZipException e) {
            throw new CaptureException(CONTENT + ": damaged gzip stream");
        } catch (IOException e) {
            throw new CaptureException(CONTENT + ": " + e.getMessage());
        }
    }
}
