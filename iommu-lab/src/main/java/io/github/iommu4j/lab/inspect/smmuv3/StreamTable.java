package io.github.iommu4j.lab.inspect.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.MemoryImage;
import io.github.iommu4j.lab.capture.RegisterDump;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists the valid entries of the stream table (IHI 0070 §3.3.1, §6.3.24-25). Looks only where the capture has pages, so
 * that a table for 2<sup>32</sup> streams costs no more than what is there.
 */
final class StreamTable {

    private static final BitField ADDRESS = bits(51, 6);
    private static final BitField LOG2SIZE = bits(5, 0);
    private static final BitField SPLIT = bits(10, 6);
    private static final BitField FORMAT = bits(17, 16);
    private static final BitField SIDSIZE = bits(5, 0);
    private static final int TWO_LEVEL = 1;
    private static final int ENTRY_LG2 = 6;
    private static final int L1_ENTRY_LG2 = 3;

    private final PhysicalMemory memory;
    private final MemoryImage image;
    private final List<Entry> entries = new ArrayList<>();

    /** A valid stream table entry. */
    record Entry(int streamId, long address, StreamTableEntry content) {}

    private StreamTable(PhysicalMemory memory, MemoryImage image) {
        this.memory = memory;
        this.image = image;
    }

    static List<Entry> entries(RegisterDump registers, PhysicalMemory memory, MemoryImage image)
            throws CaptureException {
        StreamTable table = new StreamTable(memory, image);
        long config = registers.require("STRTAB_BASE_CFG");
        int literal = LOG2SIZE.getInt(config);
        int size = Math.min(literal, SIDSIZE.getInt(registers.require("IDR1")));
        long base = ADDRESS.inPlace(registers.require("STRTAB_BASE"));
        if (FORMAT.getInt(config) == TWO_LEVEL) {
            int split = split(config);
            int l1Lg2 = Math.max(0, literal - split) + L1_ENTRY_LG2;
            table.twoLevel(base & -(1L << Math.max(ENTRY_LG2, l1Lg2)), size, split);
        } else {
            table.collect(base & -(1L << Math.min(63, literal + ENTRY_LG2)), 0, 1L << size);
        }
        return table.entries;
    }

    private static int split(long config) {
        int split = SPLIT.getInt(config);
        return split == 8 || split == 10 ? split : 6;
    }

    private void twoLevel(long base, int size, int split) {
        long count = 1L << Math.max(0, size - split);
        forEachPresent(base, L1_ENTRY_LG2, count, (index, address) -> {
            L1StreamTableDescriptor descriptor = new L1StreamTableDescriptor(memory.load64(address));
            int span = L1StreamTableDescriptor.SPAN.getInt(descriptor.raw());
            if (span > 0 && span <= split + 1) {
                long l2 = L1StreamTableDescriptor.L2PTR.inPlace(descriptor.raw()) & -(1L << 5 + span);
                collect(l2, index << split, Math.min(1L << span - 1, 1L << size));
            }
        });
    }

    private void collect(long base, long firstStream, long count) {
        forEachPresent(base, ENTRY_LG2, count, (index, address) -> {
            StreamTableEntry entry = StreamTableEntry.readFrom(memory, address);
            if (entry.valid()) {
                entries.add(new Entry((int) (firstStream + index), address, entry));
            }
        });
    }

    @FunctionalInterface
    private interface Slot {
        void at(long index, long address);
    }

    private void forEachPresent(long base, int entryLg2, long count, Slot slot) {
        long end = base + (count << entryLg2);
        for (MemoryImage.Page page : image.pages()) {
            long from = Math.max(base, page.address());
            long to = Math.min(end, page.address() + MemoryImage.PAGE_SIZE);
            for (long address = from; address < to; address += 1L << entryLg2) {
                try {
                    slot.at(address - base >> entryLg2, address);
                } catch (BusErrorException e) {
                    break;
                }
            }
        }
    }
}
