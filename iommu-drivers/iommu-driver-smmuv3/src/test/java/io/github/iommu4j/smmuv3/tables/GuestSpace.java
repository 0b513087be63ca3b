package io.github.iommu4j.smmuv3.tables;

import java.util.Map;
import java.util.TreeMap;

/** Intermediate addresses: whatever is taken here is mapped by a stage 2 as it is taken. */
final class GuestSpace implements Space {

    private static final int WINDOW_LG2 = 23;

    private final Ram ram;
    private final PageTableWriter stageTwo;
    private final Descriptors descriptors;
    private final int addressBits;
    private final int physicalBits;
    private final Map<Long, Long> pages = new TreeMap<>();
    private long next;

    GuestSpace(
            Ram ram, PageTableWriter stageTwo, Descriptors descriptors, int addressBits, int physicalBits, Dice dice) {
        this.ram = ram;
        this.stageTwo = stageTwo;
        this.descriptors = descriptors;
        this.addressBits = addressBits;
        this.physicalBits = physicalBits;
        this.next = dice.bits(addressBits - WINDOW_LG2) << WINDOW_LG2;
    }

    @Override
    public long allocate(int sizeLg2) {
        int pageLg2 = stageTwo.granule().lg2();
        int blockLg2 = Math.max(sizeLg2, pageLg2);
        long ipa = next + (1L << blockLg2) - 1 & -(1L << blockLg2);
        next = ipa + (1L << blockLg2);
        if (next - 1 >>> addressBits != 0) {
            next = 0;
            return allocate(sizeLg2);
        }
        long pa = ram.allocate(blockLg2, physicalBits);
        for (long offset = 0; offset < 1L << blockLg2; offset += 1L << pageLg2) {
            if (stageTwo.map(ipa + offset, 3, descriptors.readablePage(pa + offset))) {
                pages.put(ipa + offset, pa + offset);
            } else {
                return allocate(sizeLg2);
            }
        }
        return ipa;
    }

    @Override
    public long physical(long address) {
        long page = address & -(1L << stageTwo.granule().lg2());
        Long pa = pages.get(page);
        if (pa == null) {
            throw new IllegalStateException("IPA 0x" + Long.toHexString(address) + " was not taken from here");
        }
        return pa | address - page;
    }

    @Override
    public int addressBits() {
        return addressBits;
    }

    @Override
    public void offer(long address) {
        stageTwo.mapSomewhere(address, descriptors, physicalBits);
    }
}
