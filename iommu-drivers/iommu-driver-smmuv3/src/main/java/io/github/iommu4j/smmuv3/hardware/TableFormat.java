package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.Log2;

/**
 * One VMSAv8-64 translation table as a walk needs it: where it starts, how an address is cut into indexes, and how its
 * descriptors are read (Arm ARM D8, IHI 0070 §3.4). Levels are the specification's: 0 highest, 3 pages.
 *
 * <pre>
 *  63 62  59 58 55 54 53 52  51 50        48 47                    n  12 11 10 9  8 7  6 5 4   2 1  0
 * +--+------+-----+--+--+----+---+----------+-----------------------+---+--+--+----+----+-+-----+----+
 * |  |table:|     |XN|  |cont|DBM|          | output or next table  |   |nG|AF| SH | AP | |attr | 11 |
 * +--+------+-----+--+--+----+---+----------+-----------------------+---+--+--+----+----+-+-----+----+
 * </pre>
 *
 * <p>With 64 KiB granule and 52-bit addresses bits 15:12 are address bits 51:48. The contiguous bit is a hint that
 * this model does not take: each descriptor is cached for itself.
 *
 * <p>Hardware update (IHI 0070 §3.13): a leaf descriptor is <em>clean</em> where its DBM bit and the bit that denies
 * writes (AP[2] at stage 1, not S2AP[1] at stage 2) say that a write is permitted and makes it dirty. Immutable.
 */
final class TableFormat {

    static final int LAST_LEVEL = 3;
    private static final int TYPE_MASK = 3;
    private static final int TABLE_OR_PAGE = 3;
    private static final long ACCESS_FLAG = 1L << 10;
    private static final long DIRTY_BIT_MODIFIER = 1L << 51;
    /** AP[2] or S2AP[1]. */
    private static final long WRITE_CONTROL = 1L << 7;

    private static final long NEVER_CLEAN = -1L;

    private static final long LOW_ADDRESS = (1L << 48) - 1;
    private static final long WIDE_FIELD = 0xF000;
    private static final int WIDE_SHIFT = 36;

    final int granuleLg2;
    final int inputBits;
    final int startLevel;
    final int outputBits;
    final boolean bigEndian;
    /** HA: the access flag is set where it is 0. */
    final boolean updatesAccessFlag;

    final byte[] permissions;
    private final boolean ignoreAccessFlag;
    /** DBM and the write control of a clean leaf. */
    private final long cleanPattern;

    /** Physical or intermediate physical address of the first table. */
    final long base;

    /** Index bits of every table but the first. */
    final int stride;
    /** Position of the first table's index in an address. */
    final int startShift;

    final long startMask;
    final long indexMask;
    private final long addressMask;
    private final long wideMask;

    /** The address field where descriptors have it in one piece, big-endian tables aside: {@link PageChase} goes there. */
    final long plainAddressMask;

    /** The type of such a descriptor, and the bits of its address that lie beyond the output size. */
    final long plainTableMask;

    private final int firstBlockLevel;

    private TableFormat(Builder from) {
        granuleLg2 = from.granuleLg2;
        inputBits = from.inputBits;
        startLevel = from.startLevel;
        outputBits = from.outputBits;
        bigEndian = from.bigEndian;
        ignoreAccessFlag = from.ignoreAccessFlag;
        updatesAccessFlag = from.updatesAccessFlag;
        cleanPattern = from.cleanPattern;
        permissions = from.permissions;
        stride = granuleLg2 - 3;
        startShift = granuleLg2 + (LAST_LEVEL - startLevel) * stride;
        startMask = Log2.mask(inputBits - startShift);
        indexMask = Log2.mask(stride);
        boolean wide = granuleLg2 == 16 && from.wideAddresses;
        addressMask = LOW_ADDRESS & -1L << granuleLg2;
        wideMask = wide ? WIDE_FIELD : 0;
        plainAddressMask = wide || bigEndian ? 0 : addressMask;
        plainTableMask = TYPE_MASK | plainAddressMask & -1L << outputBits;
        firstBlockLevel = granuleLg2 == 12 || wide ? 1 : 2;
        int tableLg2 = inputBits - startShift + 3;
        // Only 64K tables can reach 52 bits, so only theirs have the 64-byte minimum (Arm ARM D8.2).
        base = Log2.alignDown(from.base, granuleLg2 == 16 && outputBits > 48 ? Math.max(tableLg2, 6) : tableLg2);
    }

    /** Where a table descriptor points, or a block or page descriptor before {@link #output} cuts it. */
    long address(long descriptor) {
        return descriptor & addressMask | (descriptor & wideMask) << WIDE_SHIFT;
    }

    /** The output address of a block or page of a size; lower bits are ignored. */
    long output(long descriptor, int sizeLg2) {
        return address(descriptor) & -1L << sizeLg2;
    }

    /** The {@link WalkPlace} of the first descriptor for an address. */
    long start(long inputAddress) {
        return WalkPlace.of(base + ((inputAddress >>> startShift & startMask) << 3), startLevel, 0);
    }

    /** Where in a table below the first the descriptor for an address is. */
    long index(long inputAddress, int level) {
        return inputAddress >>> sizeLg2(level) & indexMask;
    }

    static boolean isTable(long descriptor, int level) {
        return ((int) descriptor & TYPE_MASK) == TABLE_OR_PAGE && level < LAST_LEVEL;
    }

    /** Whether a descriptor that is not a table maps something at a level. */
    boolean isLeaf(long descriptor, int level) {
        int type = (int) descriptor & TYPE_MASK;
        return level == LAST_LEVEL ? type == TABLE_OR_PAGE : type == 1 && level >= firstBlockLevel;
    }

    /** log2 of the bytes a descriptor of a level maps. */
    int sizeLg2(int level) {
        return granuleLg2 + (LAST_LEVEL - level) * stride;
    }

    /** A leaf descriptor with its level instead of its type, and without bit 63. */
    static long withLevel(long descriptor, int level) {
        return descriptor & ~(1L << 63 | TYPE_MASK) | level;
    }

    /** The level {@link #withLevel} put into a descriptor. */
    static int level(long leaf) {
        return (int) leaf & TYPE_MASK;
    }

    /** Whether {@link PageChase} understands these tables. */
    boolean isPlain() {
        return plainAddressMask != 0;
    }

    boolean isBeyondOutput(long address) {
        return address >>> outputBits != 0;
    }

    /** F_ACCESS; not where the flag is ignored or set by hardware. */
    boolean faultsOnAccess(long descriptor) {
        return (descriptor & ACCESS_FLAG) == 0 && !ignoreAccessFlag && !updatesAccessFlag;
    }

    /** A leaf descriptor as if it were dirty: its DBM bit then says whether it is clean. */
    long writable(long descriptor) {
        return (descriptor & (DIRTY_BIT_MODIFIER | WRITE_CONTROL)) == cleanPattern
                ? descriptor ^ WRITE_CONTROL
                : descriptor & ~DIRTY_BIT_MODIFIER;
    }

    /** Whether a descriptor that went through {@link #writable} is of a clean page. */
    static boolean isClean(long leaf) {
        return (leaf & DIRTY_BIT_MODIFIER) != 0;
    }

    /** A leaf that went through {@link #writable}, with its page no longer clean. */
    static long dirtied(long leaf) {
        return leaf & ~DIRTY_BIT_MODIFIER;
    }

    /** A descriptor in memory with its access flag set and, for a write to a clean page, its write control flipped. */
    static long updated(long descriptor, boolean makesDirty) {
        return (makesDirty ? descriptor ^ WRITE_CONTROL : descriptor) | ACCESS_FLAG;
    }

    /** Whether an update makes a page dirty. */
    static boolean isDirtying(long descriptor, long updated) {
        return ((descriptor ^ updated) & WRITE_CONTROL) != 0;
    }

    /** Collects what an STE or CD says of a table. */
    static final class Builder {
        private final int granuleLg2;
        private final int inputBits;
        private final int startLevel;
        private long base;
        private int outputBits;
        private boolean wideAddresses;
        private boolean bigEndian;
        private boolean ignoreAccessFlag;
        private boolean updatesAccessFlag;
        private long cleanPattern = NEVER_CLEAN;
        private byte[] permissions = {};

        Builder(int granuleLg2, int inputBits, int startLevel) {
            this.granuleLg2 = granuleLg2;
            this.inputBits = inputBits;
            this.startLevel = startLevel;
        }

        Builder base(long address) {
            base = address;
            return this;
        }

        /** The size of output addresses; {@code implementedBits} is 52 where descriptors hold 52 bits. */
        Builder output(int bits, int implementedBits) {
            outputBits = bits;
            wideAddresses = implementedBits > 48;
            return this;
        }

        Builder endianness(boolean big) {
            bigEndian = big;
            return this;
        }

        Builder accessFlag(boolean ignored) {
            ignoreAccessFlag = ignored;
            return this;
        }

        /** HA and HD of stage 1; HD alone is off. */
        Builder stage1Update(boolean accessFlag, boolean dirtyState) {
            return update(accessFlag, dirtyState, DIRTY_BIT_MODIFIER | WRITE_CONTROL);
        }

        /** S2HA and S2HD; S2HD alone is off. */
        Builder stage2Update(boolean accessFlag, boolean dirtyState) {
            return update(accessFlag, dirtyState, DIRTY_BIT_MODIFIER);
        }

        private Builder update(boolean accessFlag, boolean dirtyState, long clean) {
            updatesAccessFlag = accessFlag;
            cleanPattern = accessFlag && dirtyState ? clean : NEVER_CLEAN;
            return this;
        }

        Builder permissions(byte[] table) {
            permissions = table;
            return this;
        }

        TableFormat build() {
            return new TableFormat(this);
        }
    }
}
