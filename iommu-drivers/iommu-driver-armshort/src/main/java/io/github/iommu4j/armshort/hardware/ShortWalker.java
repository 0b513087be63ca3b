package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.layout.FaultStatus;
import org.jspecify.annotations.Nullable;

/**
 * Walks VMSAv7 short-descriptor tables (Arm DDI 0406C B3.5).
 *
 * <p>Faults come in the architecture's order: at each level external abort, translation fault, access flag fault. Domain
 * and permissions are not a walk's business: they are judged whenever what it found is used. Answers are {@link
 * TlbWord}s or {@link FaultWord}s; nothing is allocated; at most two words are read. Thread-safe.
 */
final class ShortWalker {

    private static final int FAULT = 0b00, TABLE = 0b01, RESERVED_WITHOUT_PXN = 0b11;
    private static final int SMALL_PAGE = 1 << 1;
    private static final int SUPERSECTION = 1 << 18;

    private static final int SUPERSECTION_LG2 = 24, SECTION_LG2 = 20, LARGE_PAGE_LG2 = 16, SMALL_PAGE_LG2 = 12;
    private static final long TABLE_ADDRESS = 0xFFFF_FC00L;
    private static final int TYPE_SHIFT = 8;

    private final PhysicalMemory memory;
    private final @Nullable FetchObserver observer;

    ShortWalker(PhysicalMemory memory, @Nullable FetchObserver observer) {
        this.memory = memory;
        this.observer = observer;
    }

    /**
     * Walks.
     *
     * @param address no wider than the part's addresses
     * @return what the tables say of the region around the address, or the fault
     */
    long walk(WalkControl control, long address) {
        if (control.bases().isOff(address)) {
            return FaultWord.of(FaultStatus.TRANSLATION_L1, 0);
        }
        long at = control.format().bus(control.bases().descriptor(address));
        int raw;
        try {
            raw = load(control, at);
        } catch (BusErrorException e) {
            return aborted(1, at, FaultWord.of(FaultStatus.EXTERNAL_ABORT_ON_WALK_L1, 0));
        }
        if (observer != null) {
            observer.fetched(1, at, raw);
        }
        return switch (raw & 3) {
            case FAULT -> FaultWord.of(FaultStatus.TRANSLATION_L1, 0);
            case TABLE -> page(control, raw, address);
            default -> block(control, raw);
        };
    }

    private long block(WalkControl control, int raw) {
        DescriptorFormat format = control.format();
        boolean reserved = (raw & 3) == RESERVED_WITHOUT_PXN && !format.pxn();
        boolean isSuper = (raw & SUPERSECTION) != 0;
        if (reserved || isSuper && !format.supersections()) {
            return FaultWord.of(FaultStatus.TRANSLATION_L1, 0);
        }
        int domain = isSuper || format.isMediatek() ? 0 : raw >>> 5 & 15;
        if (control.accessFlag() && (raw & 1 << 10) == 0) {
            return FaultWord.of(FaultStatus.ACCESS_FLAG_L1, domain);
        }
        long page =
                isSuper ? raw & 0xFF00_0000L | format.supersectionHigh(raw) : raw & 0xFFF0_0000L | format.leafHigh(raw);
        long word = TlbWord.of(isSuper ? SUPERSECTION_LG2 : SECTION_LG2, domain);
        word |= (raw & 1 << 17) != 0 ? TlbWord.NOT_GLOBAL : 0;
        word |= (raw & 1 << 19) != 0 ? TlbWord.NON_SECURE : 0;
        int rights = raw >>> 10 & 3 | raw >>> 13 & 4;
        rights |= (raw & 1 << 4) != 0 ? Permissions.XN : 0;
        rights |= (raw & 1) != 0 ? Permissions.PXN : 0;
        int type = (raw >>> 12 & 7) << 3 | raw >>> 1 & 6 | raw >>> 16 & 1;
        return leaf(control, page, word, rights | type << TYPE_SHIFT);
    }

    /** The level-2 descriptor below a level-1 table descriptor, which has domain, NS and PXN for it. */
    private long page(WalkControl control, int table, long address) {
        DescriptorFormat format = control.format();
        int domain = format.isMediatek() ? 0 : table >>> 5 & 15;
        long base = table & TABLE_ADDRESS | format.tableHigh(table);
        long at = format.bus(base) + ((address >>> SMALL_PAGE_LG2 & 0xFF) << 2);
        int raw;
        try {
            raw = load(control, at);
        } catch (BusErrorException e) {
            return aborted(2, at, FaultWord.of(FaultStatus.EXTERNAL_ABORT_ON_WALK_L2, domain));
        }
        if (observer != null) {
            observer.fetched(2, at, raw);
        }
        if ((raw & 3) == 0) {
            return FaultWord.of(FaultStatus.TRANSLATION_L2, domain);
        }
        if (control.accessFlag() && (raw & 1 << 4) == 0) {
            return FaultWord.of(FaultStatus.ACCESS_FLAG_L2, domain);
        }
        return page(control, table, raw, domain);
    }

    private static long page(WalkControl control, int table, int raw, int domain) {
        DescriptorFormat format = control.format();
        boolean small = (raw & SMALL_PAGE) != 0;
        long page = raw & (small ? 0xFFFF_F000L : 0xFFFF_0000L) | format.leafHigh(raw);
        long word = TlbWord.of(small ? SMALL_PAGE_LG2 : LARGE_PAGE_LG2, domain) | TlbWord.LEVEL_2;
        word |= (raw & 1 << 11) != 0 ? TlbWord.NOT_GLOBAL : 0;
        word |= (table & 1 << 3) != 0 ? TlbWord.NON_SECURE : 0;
        int rights = raw >>> 4 & 3 | raw >>> 7 & 4;
        rights |= (small ? raw & 1 : raw >>> 15 & 1) != 0 ? Permissions.XN : 0;
        rights |= format.pxn() && (table & 1 << 2) != 0 ? Permissions.PXN : 0;
        int tex = (small ? raw >>> 6 : raw >>> 12) & 7;
        int type = tex << 3 | raw >>> 1 & 6 | raw >>> 10 & 1;
        return leaf(control, page, word, rights | type << TYPE_SHIFT);
    }

    /**
     * A leaf descriptor's answer.
     *
     * @param page the physical address it names
     * @param word its size, domain and flags
     * @param bits AP, XN and PXN as {@link Permissions} indexes them; from bit 8 on TEX, C, B and S as {@link
     *     MemoryTypes} does
     */
    private static long leaf(WalkControl control, long page, long word, int bits) {
        if (!control.outputs().contains(page)) {
            return FaultWord.outOfRange(page);
        }
        int permissions = control.permissions().get(bits);
        if ((word & TlbWord.NON_SECURE) != 0 && !control.format().nonSecureFetch()) {
            permissions &= ~Permissions.EXECUTE;
        }
        int attributes = control.types().get(bits >>> TYPE_SHIFT);
        return TlbWord.complete(word, control.format().bus(page), permissions, attributes);
    }

    private int load(WalkControl control, long at) {
        int raw = memory.load32(at);
        return control.bigEndian() ? Integer.reverseBytes(raw) : raw;
    }

    private long aborted(int level, long at, long fault) {
        if (observer != null) {
            observer.aborted(level, at);
        }
        return fault;
    }
}
