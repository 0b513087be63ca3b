package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;

/**
 * A translation's answer for a region, packed: what a TLB entry holds and what a walk returns.
 *
 * <pre>
 *  63 62 61  60 59    52 51                          12 11          6 5      0
 * +---+--+-----+--------+------------------------------+-------------+--------+
 * | 0 |  | SH  |  type  |  physical page               | permissions | size   |
 * +---+--+-----+--------+------------------------------+-------------+--------+
 * </pre>
 *
 * <p>Size is log2 of bytes, 63 for bypass; permissions as {@link Permissions}, type and SH as {@link MemoryTypes}. Never
 * 0, never negative: 0 stands for "no entry" and a negative word is a {@link FaultWord}.
 */
final class TlbWord {

    /** log2 of the largest region a table can map; only bypass has more. */
    static final int LARGEST_REGION = 52;

    private static final int BYPASS_SIZE = 63;
    private static final int PERMISSION_SHIFT = 6;
    private static final long PERMISSIONS = (long) Permissions.ALL << PERMISSION_SHIFT;
    private static final int ATTRIBUTE_SHIFT = 52;
    private static final long PAGE = (1L << 52) - (1L << 12);
    private static final long PA = (1L << 52) - 1;

    private TlbWord() {}

    static long of(long page, int sizeLg2, int permissions, int attributes) {
        return page & PAGE | sizeLg2 | (long) permissions << PERMISSION_SHIFT | (long) attributes << ATTRIBUTE_SHIFT;
    }

    /** Every address is its own translation. */
    static long bypass(int attributes) {
        return of(0, BYPASS_SIZE, Permissions.ALL, attributes);
    }

    static int sizeLg2(long word) {
        return (int) word & 63;
    }

    /** Whether the word is of a region that tables map, not of a bypass. */
    static boolean isOfTables(long word) {
        return sizeLg2(word) <= LARGEST_REGION;
    }

    static int permissions(long word) {
        return (int) (word >>> PERMISSION_SHIFT) & Permissions.ALL;
    }

    /** The physical address of an address in the region. */
    static long pa(long word, long address) {
        long offset = (1L << sizeLg2(word)) - 1;
        return word & PAGE & ~offset | address & offset & PA;
    }

    /** Attributes as {@link MemoryTypes} packs them. */
    static int attributeBits(long word) {
        return (int) (word >>> ATTRIBUTE_SHIFT) & 0x3FF;
    }

    static MemoryAttributes attributes(long word) {
        return MemoryTypes.unpack(attributeBits(word));
    }

    /** The same word with the permissions of one access's privilege in bits 8:6, as answers carry them. */
    static long forPrivilege(long word, int access) {
        return withPermissions(word, Permissions.ofPrivilege(permissions(word), access));
    }

    /** The same word with other permissions: three bits in 8:6, as answers carry them. */
    static long withPermissions(long word, int permissions) {
        return word & ~PERMISSIONS | (long) permissions << PERMISSION_SHIFT;
    }

    /** The packed form of {@link Translations}, of a word made by {@link #forPrivilege}. */
    static long packed(long word, long address) {
        return Translations.ok(pa(word, address), sizeLg2(word), permissions(word));
    }

    static Translation.Ok translation(long word, long address) {
        return new Translation.Ok(pa(word, address), sizeLg2(word), permissions(word), attributes(word));
    }
}
