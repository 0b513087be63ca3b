package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;

/**
 * What a descriptor gives for a region, packed: what a TLB entry holds and what a walk returns.
 *
 * <pre>
 *  63 57   56      47 46  45  44 43    40 39              12 11       6 5      0
 * +-----+------------+---+---+--+--------+------------------+-----------+--------+
 * |  0  | attributes |nG |NS |L2| domain |  physical page   |permissions|  size  |
 * +-----+------------+---+---+--+--------+------------------+-----------+--------+
 * </pre>
 *
 * <p>Size is log2 of bytes, 63 where nothing is translated; permissions as {@link Permissions}, attributes as {@link
 * MemoryTypes}; L2 says that the descriptor is of level 2. Never 0, never negative: 0 stands for "no entry" and a
 * negative word is a {@link FaultWord}. An answer is the same word with the three permission bits of one privilege in
 * bits 8:6.
 */
final class TlbWord {

    static final long NOT_GLOBAL = 1L << 46;
    static final long NON_SECURE = 1L << 45;
    static final long LEVEL_2 = 1L << 44;

    private static final int UNTRANSLATED_SIZE = 63;
    private static final int PERMISSION_SHIFT = 6;
    private static final long PERMISSIONS = (long) Permissions.ALL << PERMISSION_SHIFT;
    private static final int DOMAIN_SHIFT = 40;
    private static final int ATTRIBUTE_SHIFT = 47;
    private static final long PA = (1L << 40) - 1;
    private static final long PAGE = PA & -1L << 12;

    private TlbWord() {}

    /** The beginning of a word; the flags may be added. */
    static long of(int sizeLg2, int domain) {
        return sizeLg2 | (long) domain << DOMAIN_SHIFT;
    }

    /** The rest of a word. */
    static long complete(long word, long page, int permissions, int attributes) {
        return word | page & PAGE | (long) permissions << PERMISSION_SHIFT | (long) attributes << ATTRIBUTE_SHIFT;
    }

    /** Every address is its own translation; an answer. */
    static long untranslated(int attributes) {
        return complete(UNTRANSLATED_SIZE, 0, 7, attributes);
    }

    static int sizeLg2(long word) {
        return (int) word & 63;
    }

    static int permissions(long word) {
        return (int) (word >>> PERMISSION_SHIFT) & Permissions.ALL;
    }

    static int domain(long word) {
        return (int) (word >>> DOMAIN_SHIFT) & 15;
    }

    static int attributes(long word) {
        return (int) (word >>> ATTRIBUTE_SHIFT) & 0x3FF;
    }

    static boolean isLevel2(long word) {
        return (word & LEVEL_2) != 0;
    }

    /** The physical address of an address in the region. */
    static long pa(long word, long address) {
        long offset = (1L << sizeLg2(word)) - 1;
        return word & PAGE & ~offset | address & offset & PA;
    }

    /** The answer that gives some rights: three bits of one privilege. */
    static long answer(long word, int rights) {
        return word & ~PERMISSIONS | (long) rights << PERMISSION_SHIFT;
    }

    /** An answer in the packed form of {@link Translations}. */
    static long packed(long answer, long address) {
        return Translations.ok(pa(answer, address), sizeLg2(answer), permissions(answer));
    }

    /** An answer as a value. */
    static Translation.Ok translation(long answer, long address) {
        return new Translation.Ok(
                pa(answer, address), sizeLg2(answer), permissions(answer), MemoryTypes.unpack(attributes(answer)));
    }
}
