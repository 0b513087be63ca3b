package io.github.iommu4j.lab.machine;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.MemoryImage;

/**
 * Puts a captured image into memory that answers nowhere else.
 *
 * @param image the image
 */
public record SparseMemoryLoader(MemoryImage image) {

    /**
     * Makes the memory.
     *
     * @return memory with the pages of the image
     */
    public SparseMemory load() {
        SparseMemory memory = SparseMemory.empty();
        addRam(memory);
        for (MemoryImage.Page page : image.pages()) {
            if (page.isStored()) {
                store(memory, page);
            }
        }
        return memory;
    }

    /** Pages that follow each other are added in one go. */
    private void addRam(SparseMemory memory) {
        long start = 0;
        long end = 0;
        for (MemoryImage.Page page : image.pages()) {
            if (page.address() != end) {
                memory.addRam(start, end - start);
                start = page.address();
            }
            end = page.address() + MemoryImage.PAGE_SIZE;
        }
        memory.addRam(start, end - start);
    }

    private void store(SparseMemory memory, MemoryImage.Page page) {
        for (int i = 0; i < MemoryImage.PAGE_SIZE; i += Long.BYTES) {
            long word = image.word(page, i);
            if (word != 0) {
                memory.store64(page.address() + i, word);
            }
        }
    }

    /**
     * Adds RAM for a queue, which lies in the guest's RAM even where the capture lists no page of it.
     *
     * @param memory gets it
     * @param register the register that says where the queue is, for the error
     * @param base its first byte
     * @param bytes its length
     * @throws CaptureException when there can be no RAM
     */
    public static void addQueue(SparseMemory memory, String register, long base, long bytes) throws CaptureException {
        long start = base & -MemoryImage.PAGE_SIZE;
        long end = base + bytes + MemoryImage.PAGE_SIZE - 1 & -MemoryImage.PAGE_SIZE;
        try {
            memory.addRam(start, end - start);
        } catch (IllegalArgumentException e) {
            throw new CaptureException("regs.csv: " + register + ": " + e.getMessage());
        }
    }
}
