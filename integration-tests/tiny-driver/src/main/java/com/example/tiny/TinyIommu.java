package com.example.tiny;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The tiny IOMMU's hardware: a table of devices in memory, two levels of page tables, and a TLB that only {@link
 * #invalidate} empties.
 *
 * <p>A device's entry is a root table's address with 0 (blocked), 1 (translated) or 2 (bypassed) in its low bits. Root and
 * leaf entries are addresses with bit 0 for present and bit 1 for writable.
 */
public final class TinyIommu {

    static final int DEVICES = 64;
    static final long TRANSLATED = 1;
    static final long BYPASSED = 2;
    static final long PRESENT = 1;
    static final long WRITABLE = 2;
    static final long ADDRESS = ~0xFFFL;
    static final long APERTURE = 0x4000_0000L;

    private final PhysicalMemory memory;
    private final Map<Long, Long> tlb = new HashMap<>();
    private long deviceTable;

    public TinyIommu(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** The only register: where the table of devices is. */
    void setDeviceTable(long address) {
        deviceTable = address;
    }

    /** The only command: forget everything about a device. */
    void invalidate(int device) {
        tlb.keySet().removeIf(key -> key >>> 32 == device);
    }

    public OptionalLong translate(int device, long iova, Access access) {
        if (device < 0 || device >= DEVICES || deviceTable == 0) {
            return OptionalLong.empty();
        }
        long entry = memory.load64(deviceTable + 8L * device);
        if ((entry & 3) == BYPASSED) {
            return OptionalLong.of(iova);
        }
        if ((entry & 3) != TRANSLATED || iova < 0 || iova >= APERTURE) {
            return OptionalLong.empty();
        }
        long leaf = tlb.computeIfAbsent((long) device << 32 | iova >>> 12, key -> walk(entry & ADDRESS, iova));
        boolean writes = access != Access.READ;
        if ((leaf & PRESENT) == 0 || writes && (leaf & WRITABLE) == 0) {
            if ((leaf & PRESENT) == 0) {
                tlb.remove((long) device << 32 | iova >>> 12);
            }
            return OptionalLong.empty();
        }
        return OptionalLong.of(leaf & ADDRESS | iova & 0xFFF);
    }

    private long walk(long root, long iova) {
        long table = memory.load64(root + 8 * (iova >>> 21));
        return (table & PRESENT) == 0 ? 0 : memory.load64((table & ADDRESS) + 8 * (iova >>> 12 & 511));
    }
}
