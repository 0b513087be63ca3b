package io.github.iommu4j.lab.replay;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.MemoryImage;

/** Puts a captured image into memory that answers nowhere else. */
record SparseMemoryLoader(MemoryImage image) {

    SparseMemory load() {
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

    /** A queue lies in the guest's RAM even where the capture lists no page of it. */
    static void addQueue(SparseMemory memory, String register, QueueGeometry queue) throws CaptureException {
        long start = queue.base() & -MemoryImage.PAGE_SIZE;
        long end = queue.base() + queue.bytes() + MemoryImage.PAGE_SIZE - 1 & -MemoryImage.PAGE_SIZE;
        try {
            memory.addRam(start, end - start);
        } catch (IllegalArgumentException e) {
            throw new CaptureException("regs.csv: " + register + ": " + e.getMessage());
        }
    }
}
